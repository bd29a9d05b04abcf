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
import type { Recipe } from '../recipe/recipe.ts';
import type { Consultation } from './consultation.ts';
import type { StagedFolders } from './stage-artifacts.ts';
import { stageLocal } from './stage-local.ts';

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
  /** The component that is BROKEN, where that is why; before anything of a deployment failed otherwise, nothing had changed. */
  readonly broken?: string;
  /** Whether the versions before run again. */
  readonly rolledBack: boolean;
}

/** A component that is ready to run: its artifacts are in the core. */
export interface StagedComponent {
  readonly recipe: Recipe;
  readonly folders: StagedFolders;
  readonly update?: ConfigurationUpdate | undefined;
}

/** A deployment of which nothing is left to fetch. */
export interface DeploymentOrder {
  readonly deploymentId: string;
  /** Dependencies first. */
  readonly components: readonly StagedComponent[];
  readonly remove: readonly string[];
  /** False: components are not asked whether now is a good moment. */
  readonly notifies?: boolean;
  /** False: what fails stays, even where the nucleus could put the versions before back. */
  readonly rollsBack?: boolean;
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

interface Planned extends StagedComponent {
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
  /** What local deployments brought: no deployment of the cloud removes it (fact G1). */
  readonly local = new Set<string>();
  readonly #options: DeployerOptions;
  readonly #listeners = new Set<(component: Component) => void>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DeployerOptions) {
    this.#options = options;
  }

  /** A local deployment. @throws VergeError CORE_RECIPE_…, CORE_ARTIFACT_… before anything was changed */
  deploy(request: DeploymentRequest): Promise<DeploymentOutcome> {
    return this.run(async () => {
      const { components = {}, remove = [] } = request;
      const staged = await stageLocal(components, this.#options, (name) => this.components.has(name));
      for (const { recipe } of staged) this.local.add(recipe.name);
      for (const name of remove) this.local.delete(name);
      return { deploymentId: randomUUID(), components: staged, remove };
    });
  }

  /** Prepares a deployment when those before it are through, and carries it out. @throws what `prepare` throws */
  run(prepare: () => Promise<DeploymentOrder>): Promise<DeploymentOutcome> {
    const mine = this.#last.then(async () => this.#carryOut(await prepare()));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** Starts what an earlier core ran, as it was. */
  async resume(staged: readonly StagedComponent[]): Promise<void> {
    for (const { recipe, folders } of staged) {
      const component = this.#make(recipe, folders);
      this.components.set(recipe.name, component);
      const { configuration } = this.#options;
      if (!configuration.has(recipe.name)) await configuration.set(recipe.name, recipe.defaults);
      component.start();
    }
  }

  /** Calls for every change of state of every component. */
  onState(listener: (component: Component) => void): void {
    this.#listeners.add(listener);
  }

  /** Stops everything, once the deployment that is under way is through. */
  async stopAll(): Promise<void> {
    await this.#last;
    await Promise.all([...this.components.values()].map((component) => component.stop()));
  }

  async #carryOut(order: DeploymentOrder): Promise<DeploymentOutcome> {
    const { personality, consultation } = this.#options;
    const { deploymentId, components, remove, notifies = true, rollsBack = true } = order;
    const plan = new Map(components.map((staged) => [staged.recipe.name, this.#decide(staged)]));
    const objection = await this.#objection(deploymentId, plan);
    if (objection !== undefined) return { deploymentId, status: 'FAILED', reason: objection, rolledBack: false };
    const disturbed = [...plan.values()].filter(({ starts }) => starts).map(({ recipe }) => recipe.name);
    if (personality.asksComponents && notifies) {
      await consultation.untilConvenient(deploymentId, [...disturbed, ...remove]);
    }

    const before = this.#remember([...plan.keys(), ...remove]);
    for (const name of [...disturbed, ...remove].toReversed()) await this.components.get(name)?.stop();
    for (const name of remove) await this.#forget(name);
    const broken = await this.#apply(plan);
    consultation.done(deploymentId);
    if (broken === undefined) return { deploymentId, status: 'SUCCEEDED', rolledBack: false };
    const isBack = personality.rollsBack && rollsBack; // fact L3
    if (isBack) await this.#rollBack(before);
    const reason = `${broken.name} ${broken.version} is BROKEN`;
    return { deploymentId, status: 'FAILED', reason, broken: broken.name, rolledBack: isBack };
  }

  #decide(staged: StagedComponent): Planned {
    const { recipe, update = {} } = staged;
    const { configuration: store, personality } = this.#options;
    const running = this.components.get(recipe.name);
    const current = store.get(recipe.name);
    const configuration = applyUpdate(merge(recipe.defaults, current), recipe.defaults, update);
    const isNew = running === undefined || running.recipe.version !== recipe.version || running.state === 'BROKEN';
    const isChanged = changedKeys(current, configuration).length > 0;
    return { ...staged, configuration, starts: isNew || (isChanged && personality.restartsOnConfiguration) };
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

  /** @returns the recipe of what is BROKEN */
  async #apply(plan: ReadonlyMap<string, Planned>): Promise<Recipe | undefined> {
    for (const [name, { recipe, folders, configuration, starts }] of plan) {
      const component = starts ? this.#make(recipe, folders) : undefined;
      if (component) this.components.set(name, component);
      await this.#options.configuration.set(name, configuration);
      if (component === undefined) continue;
      component.start();
      if (!(await this.#isUp(component))) return recipe;
    }
    return undefined;
  }

  #make(recipe: Recipe, folders: StagedFolders): Component {
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
    component.onState(() => {
      // Whoever listens isn't interested in what was replaced.
      if (this.components.get(recipe.name) !== component) return;
      for (const listener of this.#listeners) listener(component);
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
