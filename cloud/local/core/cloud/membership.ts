import type { Agent } from 'node:https';
import type * as z from 'zod';
import type { PlaneAddress } from '../../device-plane/device-plane.ts';
import type { Component, ComponentState } from '../components/component.ts';
import type { Deployer, DeploymentOrder, StagedComponent } from '../deployment/deployer.ts';
import { stageArtifacts } from '../deployment/stage-artifacts.ts';
import { coreErrors } from '../errors.ts';
import type { IotCore } from '../iot-core/iot-core.ts';
import type { Personality } from '../personality.ts';
import { type Recipe, readRecipe } from '../recipe/recipe.ts';
import { CloudError } from './again.ts';
import { downloadArtifact } from './download.ts';
import { type Details, detailsOf, detailsOfError } from './failure.ts';
import { versionFinder } from './find-version.ts';
import { fleetStatus, type Trigger } from './fleet-status.ts';
import { type JobDocument, jobDocumentSchema } from './job-document.ts';
import { type DeploymentJob, JobListener } from './job-listener.ts';
import { type MembershipState, readState, writeState } from './membership-state.ts';
import {
  openPlaneClient,
  type PlaneClient,
  planeAgent,
  type Shown,
  type TemporaryCredentials,
} from './plane-client.ts';
import { resolveDependencies } from './resolve.ts';
import { openStoredRecipes, type StoredRecipes } from './stored-recipes.ts';
import { afterDeployment, rootsOf, type Targets } from './targets.ts';

export interface MembershipOptions {
  readonly thing: string;
  readonly certificate: Shown;
  readonly plane: PlaneAddress;
  readonly root: string;
  readonly personality: Personality;
  readonly deployer: Deployer;
  readonly iotCore: IotCore;
  readonly log: (text: string) => void;
}

interface Result {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly details: Details;
}

/** States that a component stays in by itself. */
const SETTLED: ReadonlySet<ComponentState> = new Set(['RUNNING', 'FINISHED', 'BROKEN']);

/** A core's life in the cloud: takes deployment jobs, carries them out, and tells what became of them and of itself. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #agent: Agent;
  readonly #plane: PlaneClient;
  readonly #stored: StoredRecipes;
  readonly #jobs: JobListener;
  #state: MembershipState;
  #sequence = Date.now();
  #hasLaunched = false;
  /** What it told last was of components on their way to another state. */
  #owesMore = false;

  private constructor(options: MembershipOptions, stored: StoredRecipes, state: MembershipState) {
    const { thing, certificate, plane, iotCore, deployer } = options;
    this.#options = options;
    this.#stored = stored;
    this.#state = state;
    this.#agent = planeAgent(certificate, plane);
    this.#plane = openPlaneClient(thing, plane, this.#agent);
    this.#jobs = new JobListener({ thing, link: iotCore, onJob: (job) => void this.#carryOut(job) });
    deployer.onState((component) => this.#look(component));
  }

  /** Joins, and starts what an earlier life ran. */
  static async join(options: MembershipOptions): Promise<Membership> {
    const stored = await openStoredRecipes(options.root);
    const membership = new Membership(options, stored, await readState(options.root));
    await membership.#resume();
    options.iotCore.onConnect(() => {
      membership.#say(membership.#hasLaunched ? 'RECONNECT' : 'NUCLEUS_LAUNCH');
      membership.#hasLaunched = true;
    });
    await membership.#jobs.start();
    return membership;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #resume(): Promise<void> {
    const { deployer, personality, log } = this.#options;
    try {
      const staged: StagedComponent[] = [];
      for (const { name, version } of this.#state.running) {
        const text = await this.#stored.read(name, version);
        staged.push(await this.#stage(readRecipe(text, `${name} ${version}`, personality)));
      }
      await deployer.resume(staged);
    } catch (error) {
      log(`does not run what it ran before: ${String(error)}`);
    }
  }

  async #carryOut({ jobId, document: raw }: DeploymentJob): Promise<void> {
    const { personality, log } = this.#options;
    log(`takes job ${jobId}`);
    this.#jobs.report(jobId, 'IN_PROGRESS');
    const read = jobDocumentSchema.safeParse(raw);
    const { status, details } = read.success ? await this.#deploy(read.data) : unreadable(read.error);
    log(`job ${jobId} ${status} ${details['deployment-failure-cause'] ?? ''}`);
    this.#jobs.report(jobId, status, personality.explainsFailures ? details : {});
    if (!read.success) return;
    const { target, deploymentId: id, configurationArn } = read.data;
    const trigger = target.startsWith('thing/') ? 'THING_DEPLOYMENT' : 'THING_GROUP_DEPLOYMENT';
    this.#say(trigger, { id, configurationArn, status });
  }

  async #deploy(document: JobDocument): Promise<Result> {
    let prepared: { readonly order: DeploymentOrder; readonly targets: Targets } | undefined;
    try {
      const outcome = await this.#options.deployer.run(async () => {
        prepared = await this.#prepare(document);
        return prepared.order;
      });
      const isKept = outcome.status === 'SUCCEEDED' || (outcome.broken !== undefined && !outcome.rolledBack);
      if (prepared && isKept) await this.#keep(prepared.order, prepared.targets);
      return { status: outcome.status, details: detailsOf(outcome) };
    } catch (error) {
      return { status: 'FAILED', details: detailsOfError(error) };
    }
  }

  /** Asks, resolves and fetches; changes nothing that runs. */
  async #prepare(document: JobDocument): Promise<{ order: DeploymentOrder; targets: Targets }> {
    const { deployer, personality } = this.#options;
    const targets = afterDeployment(this.#state.targets, document, await this.#groups());
    const find = versionFinder({ plane: this.#plane, stored: this.#stored, deployer, personality });
    const recipes = await resolveDependencies(rootsOf(targets, personality.exactly), find);
    const components: StagedComponent[] = [];
    for (const recipe of recipes) {
      const update = document.components[recipe.name]?.configurationUpdate;
      components.push({ ...(await this.#stage(recipe)), update });
    }
    const needed = new Set(recipes.map(({ name }) => name));
    const remove = [...deployer.components.keys()].filter((name) => !needed.has(name) && !deployer.local.has(name));
    return {
      targets,
      order: {
        deploymentId: document.deploymentId,
        components,
        remove,
        notifies: document.componentUpdatePolicy.action === 'NOTIFY_COMPONENTS',
        rollsBack: document.failureHandlingPolicy === 'ROLLBACK',
      },
    };
  }

  async #groups(): Promise<readonly string[]> {
    try {
      return await this.#plane.thingGroups();
    } catch (error) {
      throw refused('which groups it belongs to', error);
    }
  }

  async #stage(recipe: Recipe): Promise<StagedComponent> {
    const { root, plane } = this.#options;
    let credentials: TemporaryCredentials | undefined;
    const folders = await stageArtifacts(recipe, root, async (artifact, file) => {
      credentials ??= await this.#plane.credentials().catch((error) => {
        throw refused('the credentials of its role', error);
      });
      await downloadArtifact(artifact, file, plane, credentials);
    });
    return { recipe, folders };
  }

  async #keep({ components }: DeploymentOrder, targets: Targets): Promise<void> {
    const running = components.map(({ recipe: { name, version } }) => ({ name, version }));
    this.#state = { targets, running };
    await writeState(this.#options.root, this.#state);
  }

  /** A component that is BROKEN is told of at once (fact G4), and what was told before it had settled again when it has. */
  #look(component: Component): void {
    if (component.state === 'BROKEN' || (this.#owesMore && this.#hasSettled())) this.#say('COMPONENT_STATUS_CHANGE');
  }

  #hasSettled(): boolean {
    return [...this.#options.deployer.components.values()].every(({ state }) => SETTLED.has(state));
  }

  #say(
    trigger: Trigger,
    deployment?: { readonly id: string; readonly configurationArn: string; readonly status: string },
  ): void {
    const { thing, personality, deployer, iotCore } = this.#options;
    this.#sequence++;
    this.#owesMore = !this.#hasSettled();
    const status = fleetStatus({
      thing,
      personality,
      components: deployer.components.values(),
      targets: this.#state.targets,
      trigger,
      sequenceNumber: this.#sequence,
      deployment,
    });
    iotCore.tell(`$aws/things/${thing}/greengrassv2/health/json`, status);
  }
}

function unreadable({ issues: [issue] }: z.ZodError): Result {
  const what = `the job is wrong at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`;
  return { status: 'FAILED', details: detailsOfError(coreErrors.make('CORE_JOB_INVALID', what)) };
}

function refused(what: string, error: unknown): Error {
  if (!(error instanceof CloudError)) return error instanceof Error ? error : new Error(String(error));
  return coreErrors.make(
    'CORE_CLOUD_REFUSED',
    `the cloud did not say ${what} (${error.code}: ${error.message})`,
    error,
  );
}
