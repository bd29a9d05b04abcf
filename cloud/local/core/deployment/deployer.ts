import { randomUUID } from 'node:crypto';
import { Component } from '../components/component.ts';
import { ComponentLog } from '../components/component-log.ts';
import type { ConfigurationStore } from '../configuration/configuration-store.ts';
import {
  applyUpdate,
  type ConfigurationTree,
  type ConfigurationUpdate,
  changedKeys,
  isTree,
  merge,
} from '../configuration/configuration-tree.ts';
import { coreErrors } from '../errors.ts';
import type { Personality } from '../personality.ts';
import { interpolate } from '../recipe/interpolate.ts';
import { findRecipe, type Recipe } from '../recipe/recipe.ts';
import type { Consultation } from './consultation.ts';
import { type StagedFolders, stageArtifacts } from './stage-artifacts.ts';

/** What shall run; what is not named stays as it is. */
export interface DeploymentRequest {
  readonly components?: Readonly<
    Record<string, { readonly version: string; readonly configurationUpdate?: ConfigurationUpdate }>
  >;
  readonly remove?: readonly string[];
}

export interface DeploymentOutcome {
  readonly deploymentId: string;
  readonly status: 'SUCCEEDED' | 'FAILED';
  /** Why it failed. */
  readonly reason?: string;
  /** Whether the versions before run again. */
  readonly rolledBack: boolean;
}

export interface DeployerOptions {
  readonly personality: Personality;
  readonly root: string;
  readonly thing: string;
  /** Folders of recipes and of artifacts, as the Greengrass CLI takes them. */
  readonly recipes: string;
  readonly artifacts: string;
  readonly configuration: ConfigurationStore;
  readonly consultation: Consultation;
  readonly environment: (component: string) => Record<string, string>;
  readonly stopTimeoutMs: number;
  /** A component counts as up when it has stayed so for this long. */
  readonly settleMs: number;
}

interface Planned {
  readonly recipe: Recipe;
  readonly folders: StagedFolders;
  readonly configuration: ConfigurationTree;
  /** Whether it must be started, or started anew. */
  readonly starts: boolean;
}

interface Before {
  readonly component: Component | undefined;
  readonly configuration: ConfigurationTree | undefined;
}

/** Brings components onto the core, in the order of their dependencies. One deployment at a time. */
export class Deployer {
  readonly components = new Map<string, Component>();
  readonly #options: DeployerOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DeployerOptions) {
    this.#options = options;
  }

  /** @throws VergeError CORE_RECIPE_…, CORE_ARTIFACT_… before anything was changed */
  deploy(request: DeploymentRequest): Promise<DeploymentOutcome> {
    const mine = this.#last.then(() => this.#deploy(request));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** Stops everything, once the deployment that is under way is through. */
  async stopAll(): Promise<void> {
    await this.#last;
    await Promise.all([...this.components.values()].map((component) => component.stop()));
  }

  async #deploy({ components = {}, remove = [] }: DeploymentRequest): Promise<DeploymentOutcome> {
    const { personality, consultation } = this.#options;
    const deploymentId = randomUUID();
    const plan = await this.#plan(components);
    const objection = await this.#objection(deploymentId, plan);
    if (objection !== undefined) return { deploymentId, status: 'FAILED', reason: objection, rolledBack: false };
    const disturbed = [...plan.values()].filter(({ starts }) => starts).map(({ recipe }) => recipe.name);
    if (personality.asksComponents) await consultation.untilConvenient(deploymentId, [...disturbed, ...remove]);

    const before = this.#remember([...plan.keys(), ...remove]);
    for (const name of [...disturbed, ...remove].toReversed()) await this.components.get(name)?.stop();
    for (const name of remove) await this.#forget(name);
    const reason = await this.#apply(plan);
    consultation.done(deploymentId);
    if (reason === undefined) return { deploymentId, status: 'SUCCEEDED', rolledBack: false };
    if (personality.rollsBack) await this.#rollBack(before); // fact L3
    return { deploymentId, status: 'FAILED', reason, rolledBack: personality.rollsBack };
  }

  /** The recipes asked for and those they need, dependencies first. */
  async #plan(wanted: NonNullable<DeploymentRequest['components']>): Promise<Map<string, Planned>> {
    const { recipes, personality, artifacts, root } = this.#options;
    const plan = new Map<string, Planned>();
    const visiting = new Set<string>();
    const visit = async (name: string, requirement: string): Promise<void> => {
      if (plan.has(name) || visiting.has(name)) return;
      visiting.add(name);
      const recipe = await findRecipe(recipes, name, wanted[name]?.version ?? requirement, personality);
      for (const [dependency, range] of recipe.dependencies) {
        const isThere = wanted[dependency] === undefined && this.components.has(dependency);
        if (!isThere) await visit(dependency, range);
      }
      const folders = await stageArtifacts(recipe, artifacts, root);
      plan.set(name, this.#decide(recipe, folders, wanted[name]?.configurationUpdate ?? {}));
    };
    for (const [name, { version }] of Object.entries(wanted)) await visit(name, version);
    return plan;
  }

  #decide(recipe: Recipe, folders: StagedFolders, update: ConfigurationUpdate): Planned {
    const { configuration: store, personality } = this.#options;
    const running = this.components.get(recipe.name);
    const current = store.get(recipe.name);
    const configuration = applyUpdate(merge(recipe.defaults, current), recipe.defaults, update);
    const isNew = running === undefined || running.recipe.version !== recipe.version || running.state === 'BROKEN';
    const isChanged = changedKeys(current, configuration).length > 0;
    return { recipe, folders, configuration, starts: isNew || (isChanged && personality.restartsOnConfiguration) };
  }

  async #objection(deploymentId: string, plan: ReadonlyMap<string, Planned>): Promise<string | undefined> {
    const { personality, consultation } = this.#options;
    for (const [name, { configuration, recipe }] of plan) {
      const large = largeValue(configuration, personality.maxConfigurationValueBytes);
      if (large !== undefined) return `the configuration of ${name} has a value that is too large at ${large}`; // L4
      if (personality.name === 'lite' && !recipe.steps.run && !recipe.steps.startup) {
        return `${name} has no step that stays up, which a deployment on lite waits for`; // fact L2
      }
      if (!personality.asksComponents) continue;
      const objection = await consultation.objection(deploymentId, name, configuration);
      if (objection !== undefined) return objection;
    }
    return undefined;
  }

  /** @returns why it failed */
  async #apply(plan: ReadonlyMap<string, Planned>): Promise<string | undefined> {
    for (const [name, planned] of plan) {
      const running = this.components.get(name);
      const component = planned.starts ? this.#make(planned) : running;
      if (planned.starts && component) this.components.set(name, component);
      await this.#options.configuration.set(name, planned.configuration);
      if (!planned.starts || component === undefined) continue;
      component.start();
      if (!(await this.#isUp(component))) return `${name} ${planned.recipe.version} is BROKEN`;
    }
    return undefined;
  }

  #make({ recipe, folders }: Planned): Component {
    const { personality, root, thing, configuration, stopTimeoutMs } = this.#options;
    const component = new Component({
      recipe,
      personality,
      root,
      stopTimeoutMs,
      log: this.components.get(recipe.name)?.log ?? new ComponentLog(root, recipe.name),
      environment: () => this.#options.environment(recipe.name),
      interpolate: (script) =>
        interpolate(script, {
          root,
          thing,
          personality: personality.name,
          artifacts: folders.artifacts,
          decompressed: folders.decompressed,
          work: `${root}/work/${recipe.name}`,
          configuration: configuration.get(recipe.name),
        }),
    });
    return component;
  }

  /** Whether a component comes up and stays up for a moment, rather than being BROKEN. */
  async #isUp(component: Component): Promise<boolean> {
    const { settleMs } = this.#options;
    for (;;) {
      if (component.state === 'BROKEN') return false;
      if (component.state === 'FINISHED') return true;
      const isUp = component.state === 'RUNNING';
      const leftMs = settleMs - component.stateAgeMs;
      if (isUp && leftMs <= 0) return true;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, isUp ? leftMs : settleMs);
        const end = component.onState(done);
        function done(): void {
          clearTimeout(timer);
          end();
          resolve();
        }
      });
    }
  }

  #remember(names: readonly string[]): Map<string, Before> {
    const { configuration } = this.#options;
    return new Map(
      names.map((name) => [
        name,
        {
          component: this.components.get(name),
          configuration: configuration.has(name) ? configuration.get(name) : undefined,
        },
      ]),
    );
  }

  async #rollBack(before: ReadonlyMap<string, Before>): Promise<void> {
    for (const [name, { component, configuration }] of before) {
      const current = this.components.get(name);
      if (current === component && component?.state === 'RUNNING') {
        if (configuration) await this.#options.configuration.set(name, configuration);
        continue;
      }
      await current?.stop();
      if (component === undefined || configuration === undefined) {
        await this.#forget(name);
        continue;
      }
      await this.#options.configuration.set(name, configuration);
      this.components.set(name, component);
      component.start();
      await this.#isUp(component);
    }
  }

  async #forget(name: string): Promise<void> {
    this.components.delete(name);
    await this.#options.configuration.remove(name);
  }
}

/** Where a value is larger, as JSON, than a nucleus stores; undefined where none is. */
function largeValue(tree: ConfigurationTree, maxBytes: number, place = ''): string | undefined {
  for (const [key, value] of Object.entries(tree)) {
    const here = `${place}/${key}`;
    const found = isTree(value)
      ? largeValue(value, maxBytes, here)
      : Buffer.byteLength(JSON.stringify(value) ?? '') > maxBytes && here;
    if (found) return found;
  }
  return undefined;
}

/** The component of that name. @throws VergeError CORE_COMPONENT_UNKNOWN */
export function componentOf(components: ReadonlyMap<string, Component>, name: string): Component {
  const component = components.get(name);
  if (component !== undefined) return component;
  throw coreErrors.make('CORE_COMPONENT_UNKNOWN', `no component ${name} is deployed to this core`);
}
