import { satisfies } from 'semver';
import type { Place } from '../../../component/contract/topics.ts';
import { RUNTIME_COMPONENT } from '../../../recipes/runtime-recipe.ts';
import { type Details, detailsOf, detailsOfError } from '../core/cloud/failure.ts';
import { fleetStatus, type Trigger } from '../core/cloud/fleet-status.ts';
import { type JobDocument, jobDocumentSchema } from '../core/cloud/job-document.ts';
import { type DeploymentJob, JobListener } from '../core/cloud/job-listener.ts';
import type { PlaneClient } from '../core/cloud/plane-client.ts';
import { type FindVersion, type Resolvable, resolveDependencies } from '../core/cloud/resolve.ts';
import { afterDeployment, rootsOf, type Targets } from '../core/cloud/targets.ts';
import { applyUpdate, type ConfigurationTree } from '../core/configuration/configuration-tree.ts';
import { PERSONALITIES, type PersonalityName } from '../core/personality.ts';
import { type Behaviour, type ChooseBehaviour, OBEDIENT } from './behaviour.ts';
import { brokenBy, type Installed, MODEL_PREFIX, modelOf, running } from './installed.ts';
import { type Beat, modelReference, RuntimeVoice, type Said, type Serving } from './runtime-voice.ts';
import type { SimulatedLink } from './simulated-link.ts';

export interface SimulatedDeviceOptions {
  readonly place: Place;
  readonly personality: PersonalityName;
  readonly link: SimulatedLink;
  readonly plane: Pick<PlaneClient, 'thingGroups'>;
  readonly find: FindVersion<Resolvable>;
  readonly choose: ChooseBehaviour;
  /** Component → version that it has from the start, and keeps as a local deployment would. */
  readonly installed: Readonly<Record<string, string>>;
  readonly heartbeatSeconds: number;
  readonly textsPerBeat: number;
  readonly resultsPerBeat: number;
}

interface Result {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly details: Details;
  /** By the runtime. */
  readonly said: readonly Said[];
  /** Whether anybody hears of it. */
  readonly reports: boolean;
}

/** A core device with Verge on it, as far as the cloud can tell: it speaks, and runs nothing. */
export class SimulatedDevice {
  readonly thing: string;
  readonly #options: SimulatedDeviceOptions;
  readonly #jobs: JobListener;
  readonly #components = new Map<string, Installed>();
  readonly #serving = new Map<string, Serving>();
  readonly #ending = new AbortController();
  #targets: Targets = {};
  #voice: RuntimeVoice | undefined;
  #last: Promise<void> = Promise.resolve();
  #sequence = 0;

  constructor(options: SimulatedDeviceOptions) {
    const { place, link, installed } = options;
    this.thing = place.thing;
    this.#options = options;
    for (const [name, version] of Object.entries(installed)) {
      this.#components.set(name, running(name, version, {}));
      const model = modelOf(name);
      if (model !== undefined) this.#serve(model, version, {});
    }
    this.#jobs = new JobListener({ thing: place.thing, link, onJob: (job) => this.#queue(job) });
    const runtime = installed[RUNTIME_COMPONENT];
    if (runtime !== undefined) this.#voice = new RuntimeVoice(place, runtime);
  }

  /** Component → version, as the device has them. */
  get components(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#components].map(([name, { recipe }]) => [name, recipe.version]));
  }

  /** Connects, unless it is one that doesn't; says what it is, and takes jobs. */
  async start(): Promise<void> {
    const { link } = this.#options;
    if (!this.#behaviour().isOnline) return;
    await this.#jobs.start();
    link.onConnect(() => this.#sayStatus(this.#sequence === 0 ? 'NUCLEUS_LAUNCH' : 'RECONNECT'));
    await link.connect();
    await this.#speak((voice, beat) => voice.birth(beat));
  }

  /** A heartbeat with all that belongs to it. Resolves when the broker has it. */
  beat(): Promise<void> {
    return this.#speak((voice, beat) => voice.beat(beat));
  }

  /** Loses its connection until `reconnect`; deployments and messages wait or are lost as on a real device. */
  disconnect(): Promise<void> {
    return this.#options.link.disconnect();
  }

  reconnect(): Promise<void> {
    return this.#options.link.connect();
  }

  /** Resolves when it is gone, a deployment under way left as it is. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#options.link.disconnect();
    await this.#last;
  }

  #queue(job: DeploymentJob): void {
    this.#last = this.#last.then(() => this.#carryOut(job));
  }

  async #carryOut({ jobId, document: raw }: DeploymentJob): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#jobs.report(jobId, 'IN_PROGRESS');
    const read = jobDocumentSchema.safeParse(raw);
    if (!read.success) return this.#jobs.report(jobId, 'FAILED');
    const document = read.data;
    const { status, details, said, reports } = await this.#deploy(document);
    if (this.#ending.signal.aborted || !reports) return;
    const { explainsFailures } = PERSONALITIES[this.#options.personality];
    this.#jobs.report(jobId, status, explainsFailures ? details : {});
    const { deploymentId: id, configurationArn, target } = document;
    const trigger = target.startsWith('thing/') ? 'THING_DEPLOYMENT' : 'THING_GROUP_DEPLOYMENT';
    this.#sayStatus(trigger, { id, configurationArn, status });
    await this.#speak(() => said);
  }

  async #deploy(document: JobDocument): Promise<Result> {
    const { plane, find, installed, personality } = this.#options;
    let wanted: readonly Resolvable[];
    let targets: Targets;
    try {
      targets = afterDeployment(this.#targets, document, await plane.thingGroups());
      wanted = await resolveDependencies(rootsOf(targets, ''), async (name, requirements) => {
        const version = installed[name];
        const isEnough =
          version !== undefined && Object.values(requirements).every((range) => satisfies(version, range));
        return isEnough ? { name, version, dependencies: new Map() } : find(name, requirements);
      });
    } catch (error) {
      return { status: 'FAILED', details: detailsOfError(error), said: [], reports: true };
    }
    const next = new Map(wanted.map((one) => [one.name, this.#installedOf(one, document)]));
    for (const name of Object.keys(installed)) {
      const local = this.#components.get(name);
      if (local && !next.has(name)) next.set(name, local);
    }
    const behaviour = this.#behaviour(next);
    await pause(behaviour.deploymentMs, this.#ending.signal);
    const broken = brokenBy(
      behaviour,
      [...next.values()].filter((one) => this.#isNew(one)),
    );
    if (!broken) {
      const said = this.#become(next);
      this.#targets = targets;
      return {
        status: 'SUCCEEDED',
        details: detailsOf({ deploymentId: '', status: 'SUCCEEDED', rolledBack: false }),
        said,
        reports: behaviour.reportsJobs,
      };
    }
    const { rollsBack } = PERSONALITIES[personality];
    const isBack = rollsBack && document.failureHandlingPolicy === 'ROLLBACK';
    const { name, version } = broken.recipe;
    const refused = this.#voice && modelOf(name) !== undefined ? [refusalOf(this.#voice, name, version)] : [];
    if (!isBack) {
      // The runtime keeps the model that served before.
      next.set(name, {
        ...broken,
        state: 'BROKEN',
        failure: modelOf(name) === undefined ? 'install' : 'run',
        lastExit: 2,
      });
      this.#replace(next);
      this.#targets = targets;
    }
    const reason = `${name} ${version} is BROKEN`;
    const details = detailsOf({ deploymentId: '', status: 'FAILED', reason, broken: name, rolledBack: isBack });
    return { status: 'FAILED', details, said: refused, reports: behaviour.reportsJobs };
  }

  #installedOf({ name, version }: Resolvable, document: JobDocument): Installed {
    const update = document.components[name]?.configurationUpdate;
    const before = this.#components.get(name)?.configuration ?? {};
    return running(name, version, update ? applyUpdate(before, {}, update) : before);
  }

  #isNew({ recipe, configuration }: Installed): boolean {
    const before = this.#components.get(recipe.name);
    return (
      before?.recipe.version !== recipe.version ||
      before.state === 'BROKEN' ||
      JSON.stringify(before.configuration) !== JSON.stringify(configuration)
    );
  }

  /** Runs all of it, and answers what the runtime has to say of that. */
  #become(next: ReadonlyMap<string, Installed>): Said[] {
    const fresh = [...next.values()].filter((one) => this.#isNew(one));
    const before = this.#components.get(RUNTIME_COMPONENT)?.recipe.version;
    this.#replace(next);
    for (const name of [...this.#serving.keys()]) if (!next.has(MODEL_PREFIX + name)) this.#serving.delete(name);
    for (const { recipe, configuration } of fresh) {
      const model = modelOf(recipe.name);
      if (model !== undefined) this.#serve(model, recipe.version, configuration);
    }
    const runtime = next.get(RUNTIME_COMPONENT)?.recipe.version;
    if (runtime === undefined) this.#voice = undefined;
    const isBorn = runtime !== undefined && (runtime !== before || this.#voice === undefined);
    if (isBorn) this.#voice = new RuntimeVoice(this.#options.place, runtime);
    const voice = this.#voice;
    if (!voice) return [];
    const loaded = fresh.flatMap(({ recipe }) => {
      const name = modelOf(recipe.name);
      if (name === undefined) return [];
      const model = modelReference(name, recipe.version);
      return [voice.event('model-loaded', `The model ${name} ${recipe.version} serves.`, { model })];
    });
    return [...(isBorn ? voice.birth(this.#moment()) : []), ...loaded];
  }

  #replace(next: ReadonlyMap<string, Installed>): void {
    this.#components.clear();
    for (const [name, one] of next) this.#components.set(name, one);
  }

  /** A model deployed with the role of a challenger is compared with the one that serves; any other takes its place. */
  #serve(name: string, version: string, { role }: ConfigurationTree): void {
    const model = modelReference(name, version);
    const before = this.#serving.get(name)?.model;
    const other = before?.version === version ? undefined : before;
    if (role === 'challenger' && other) this.#serving.set(name, { model: other, compared: model });
    else this.#serving.set(name, { model, compared: other });
  }

  #behaviour(next: ReadonlyMap<string, Installed> = this.#components): Behaviour {
    const versions = Object.fromEntries([...next].map(([name, { recipe }]) => [name, recipe.version]));
    return { ...OBEDIENT, ...this.#options.choose(this.thing, versions) };
  }

  #moment(): Beat {
    const { heartbeatSeconds, textsPerBeat: texts, resultsPerBeat: results } = this.#options;
    return { behaviour: this.#behaviour(), models: [...this.#serving.values()], heartbeatSeconds, texts, results };
  }

  async #speak(words: (voice: RuntimeVoice, beat: Beat) => readonly Said[]): Promise<void> {
    const beat = this.#moment();
    if (!this.#voice || !beat.behaviour.speaks || !this.#options.link.isConnected) return;
    for (const { topic, message } of words(this.#voice, beat)) {
      await this.#options.link.publish(topic, message, beat.behaviour);
    }
  }

  #sayStatus(
    trigger: Trigger,
    deployment?: { readonly id: string; readonly configurationArn: string; readonly status: string },
  ): void {
    const { link, personality } = this.#options;
    this.#sequence++;
    const status = fleetStatus({
      thing: this.thing,
      personality: PERSONALITIES[personality],
      components: this.#components.values(),
      targets: this.#targets,
      trigger,
      sequenceNumber: this.#sequence,
      deployment,
    });
    link.tell(`$aws/things/${this.thing}/greengrassv2/health/json`, status);
  }
}

function refusalOf(voice: RuntimeVoice, component: string, version: string): Said {
  const model = modelReference(modelOf(component) ?? '', version);
  const message = `The model ${model.name} ${version} answered its golden samples otherwise than it should.`;
  return voice.event('model-refused', message, { code: 'BUNDLE_GOLDEN_FAILED', model });
}

/** Resolves early, too, when the device ends. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
