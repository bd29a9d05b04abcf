import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Personality } from '../personality.ts';
import type { Recipe, StepName } from '../recipe/recipe.ts';
import type { ComponentLog } from './component-log.ts';

/** States by the names of the nucleus. FINISHED: its `run` step ended with 0. BROKEN is for good. */
export type ComponentState = 'NEW' | 'STARTING' | 'RUNNING' | 'STOPPING' | 'FINISHED' | 'ERRORED' | 'BROKEN';

export interface ComponentOptions {
  readonly recipe: Recipe;
  readonly personality: Personality;
  readonly root: string;
  readonly log: ComponentLog;
  /** A script with its variables filled in. */
  readonly interpolate: (script: string) => string;
  /** The environment of its next process: a new token each time (fact I1). */
  readonly environment: () => Record<string, string>;
  /** How long a stop may take; the Java nucleus gives 15 seconds (fact G10). */
  readonly stopTimeoutMs: number;
}

/** A deployed component: its steps as processes, started again after errors until it is BROKEN. */
export class Component {
  readonly recipe: Recipe;
  readonly #options: ComponentOptions;
  readonly #listeners = new Set<() => void>();
  readonly #processes = new Set<ChildProcess>();
  #state: ComponentState = 'NEW';
  #errors: number[] = [];
  #wanted = false;
  #installed = false;
  #restarts = 0;
  #lastExit: number | NodeJS.Signals | undefined;
  #failure: StepName | undefined;
  #since = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ComponentOptions) {
    this.recipe = options.recipe;
    this.#options = options;
  }

  get state(): ComponentState {
    return this.#state;
  }

  /** How often it was started again after an error. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Milliseconds in the state it is in. */
  get stateAgeMs(): number {
    return performance.now() - this.#since;
  }

  /** The process of its `run` step, if there is one. */
  get pid(): number | undefined {
    return [...this.#processes].at(-1)?.pid;
  }

  get log(): ComponentLog {
    return this.#options.log;
  }

  /** How its last process ended: exit code, or signal. */
  get lastExit(): number | NodeJS.Signals | undefined {
    return this.#lastExit;
  }

  /** The step that failed last, since it was started by a deployment. */
  get failure(): StepName | undefined {
    return this.#failure;
  }

  /** Calls for every change of state; the function returned ends that. */
  onState(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts it, anew if it was BROKEN. It goes on by itself. */
  start(): void {
    this.#wanted = true;
    this.#errors = [];
    this.#failure = undefined;
    void this.#run();
  }

  /** What the component says of itself, by UpdateState. */
  report(state: 'RUNNING' | 'ERRORED'): void {
    if (state === 'RUNNING' && this.#state === 'STARTING') this.#become('RUNNING');
    if (state === 'ERRORED' && (this.#state === 'RUNNING' || this.#state === 'STARTING')) {
      for (const child of this.#processes) signalGroup(child, this.#options.personality.stopSignal);
      this.#become('ERRORED'); // counted when the process ends
    }
  }

  /** Asks it to stop, kills it if it does not in time, and resolves when it is gone. */
  async stop(): Promise<void> {
    const { personality, stopTimeoutMs } = this.#options;
    this.#wanted = false;
    clearTimeout(this.#timer);
    const shutsDown = personality.name === 'java' && this.recipe.steps.shutdown !== undefined;
    // What was started up is RUNNING without a process of the core's.
    if (this.#processes.size === 0 && !(shutsDown && this.#state === 'RUNNING')) return;
    this.#become('STOPPING');
    const late = setTimeout(() => this.kill('SIGKILL'), stopTimeoutMs);
    if (shutsDown) await this.#step('shutdown');
    const gone = this.#whenGone();
    for (const child of this.#processes) signalGroup(child, personality.stopSignal);
    await gone;
    clearTimeout(late);
    this.#become('NEW');
  }

  /** Sends its processes a signal, as an accident would. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    for (const child of this.#processes) signalGroup(child, signal);
  }

  async #run(): Promise<void> {
    this.#become('STARTING');
    await mkdir(this.#workFolder, { recursive: true });
    if (!this.#wanted) return;
    const { steps } = this.recipe;
    if (!this.#installed && steps.install && (await this.#step('install')) !== 0) return this.#failed('install');
    this.#installed = true;
    if (!this.#wanted) return;
    if (steps.startup) {
      const code = await this.#step('startup');
      if (!this.#wanted) return;
      if (code !== 0) return this.#failed('startup');
      this.#become('RUNNING');
      return;
    }
    if (!steps.run) return this.#become('FINISHED');
    const ended = this.#step('run');
    this.#become('RUNNING');
    const code = await ended;
    if (!this.#wanted) return;
    if (code === 0 && this.#state !== 'ERRORED') this.#become('FINISHED');
    else this.#failed('run');
  }

  #failed(step: StepName): void {
    if (!this.#wanted) return;
    this.#failure = step;
    const { personality, log } = this.#options;
    const now = performance.now();
    this.#errors = [...this.#errors.filter((at) => now - at < personality.errorWindowMs), now];
    this.#become('ERRORED');
    if (this.#errors.length >= personality.maxErrors) {
      log.add(`[core] ${step} failed ${this.#errors.length} times: BROKEN`);
      this.#become('BROKEN');
      return;
    }
    this.#restarts++;
    this.#timer = setTimeout(() => void this.#run(), personality.restartDelayMs);
  }

  /** Fact I1. */
  get #workFolder(): string {
    return path.join(this.#options.root, 'work', this.recipe.name);
  }

  /** Starts a step at once, and runs it to its end. @returns its exit code, or 1 where a signal ended it */
  #step(name: StepName): Promise<number> {
    const { log, interpolate, environment } = this.#options;
    const step = this.recipe.steps[name];
    if (step === undefined) return Promise.resolve(0);
    const setenv = Object.entries({ ...this.recipe.setenv, ...step.setenv });
    const env = { ...environment(), ...Object.fromEntries(setenv.map(([key, value]) => [key, interpolate(value)])) };
    // A group of its own, so that a signal reaches what the shell has started.
    const child = spawn('sh', ['-c', interpolate(step.script)], {
      cwd: this.#workFolder,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    log.follow(child.stdout);
    log.follow(child.stderr);
    this.#processes.add(child);
    return new Promise((resolve) => {
      const done = (code: number | null, signal: NodeJS.Signals | null = null): void => {
        if (!this.#processes.delete(child)) return;
        this.#lastExit = code ?? signal ?? undefined;
        resolve(code ?? 1);
        for (const listener of [...this.#listeners]) listener();
      };
      child.once('error', () => done(127));
      child.once('exit', done);
    });
  }

  #whenGone(): Promise<void> {
    if (this.#processes.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = this.onState(() => {
        if (this.#processes.size > 0) return;
        end();
        resolve();
      });
    });
  }

  #become(state: ComponentState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#since = performance.now();
    for (const listener of [...this.#listeners]) listener();
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it has ended
  }
}
