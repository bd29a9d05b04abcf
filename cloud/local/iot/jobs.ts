import path from 'node:path';
import { type Collection, openCollection } from '../aws/collection.ts';
import { invalid, notFound } from './refusals.ts';
import type { Registry, Target } from './registry.ts';

export type ExecutionStatus = 'QUEUED' | 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'REJECTED' | 'CANCELED' | 'TIMED_OUT';

export interface Job {
  readonly id: string;
  /** Devices ask for the jobs of a namespace: `aws-gg-deployment` (fact D1). */
  readonly namespace: string;
  readonly target: Target;
  /** A group's job goes to things that join later, too. */
  readonly continuous: boolean;
  readonly document: Readonly<Record<string, unknown>>;
  readonly status: 'IN_PROGRESS' | 'COMPLETED' | 'CANCELED';
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A job on one thing. */
export interface Execution {
  readonly jobId: string;
  readonly thing: string;
  readonly status: ExecutionStatus;
  readonly statusDetails: Readonly<Record<string, string>>;
  /** Order of arrival, over all executions. */
  readonly number: number;
  readonly version: number;
  readonly queuedAt: string;
  readonly startedAt?: string;
  readonly updatedAt: string;
}

/** Jobs and their executions. Calls `onChange` with a thing whose next job may be another now. */
export interface Jobs {
  create(job: Omit<Job, 'status' | 'createdAt' | 'updatedAt'>, now: Date): Job;
  /** @throws AwsError ResourceNotFoundException */
  job(id: string): Job;
  all(): readonly Job[];
  /** Ends it: what waits is cancelled; what is under way goes on (fact G5). */
  cancel(id: string, now: Date): Job;
  executionsOf(id: string): readonly Execution[];
  executionsFor(thing: string): readonly Execution[];
  /** What a thing should do next in a namespace. */
  next(thing: string, namespace: string): Execution | undefined;
  /** @throws AwsError ResourceNotFoundException, InvalidRequestException */
  update(id: string, thing: string, status: ExecutionStatus, details: Execution['statusDetails'], now: Date): Execution;
  onChange(listener: (thing: string, namespace: string) => void): void;
}

const FINAL: ReadonlySet<ExecutionStatus> = new Set(['SUCCEEDED', 'FAILED', 'REJECTED', 'CANCELED', 'TIMED_OUT']);

export function isFinal(status: ExecutionStatus): boolean {
  return FINAL.has(status);
}

export function openJobs(folder: string, registry: Registry, clock: () => Date): Jobs {
  const jobs: Collection<Job> = openCollection(path.join(folder, 'jobs'));
  const executions: Collection<Execution> = openCollection(path.join(folder, 'executions'));
  const listeners: ((thing: string, namespace: string) => void)[] = [];
  let last = Math.max(0, ...executions.all().map(({ number }) => number));
  const byThing = new Map<string, Map<string, Execution>>();
  const byJob = new Map<string, Map<string, Execution>>();
  for (const execution of executions.all()) index(execution);

  function index(execution: Execution): void {
    const { thing, jobId } = execution;
    byThing.set(thing, (byThing.get(thing) ?? new Map()).set(jobId, execution));
    byJob.set(jobId, (byJob.get(jobId) ?? new Map()).set(thing, execution));
  }

  function store(execution: Execution): void {
    executions.put(`${execution.jobId} ${execution.thing}`, execution);
    index(execution);
  }

  function queue(job: Job, thing: string, now: Date): void {
    if (byJob.get(job.id)?.has(thing)) return;
    last += 1;
    const at = now.toISOString();
    const fresh = {
      status: 'QUEUED',
      statusDetails: {},
      number: last,
      version: 1,
      queuedAt: at,
      updatedAt: at,
    } as const;
    store({ jobId: job.id, thing, ...fresh });
    for (const listener of listeners) listener(thing, job.namespace);
  }

  function change(
    execution: Execution,
    status: ExecutionStatus,
    details: Execution['statusDetails'],
    now: Date,
  ): Execution {
    const at = now.toISOString();
    const begun = status === 'IN_PROGRESS' && execution.startedAt === undefined ? { startedAt: at } : {};
    const changed = {
      ...execution,
      ...begun,
      status,
      statusDetails: { ...execution.statusDetails, ...details },
      version: execution.version + 1,
      updatedAt: at,
    };
    store(changed);
    finish(changed.jobId, now);
    for (const listener of listeners) listener(execution.thing, self.job(execution.jobId).namespace);
    return changed;
  }

  /** A job for one thing ends with that thing, well or not (fact G4); a continuous one goes on. */
  function finish(id: string, now: Date): void {
    const job = self.job(id);
    if (job.continuous || job.status !== 'IN_PROGRESS') return;
    if (!self.executionsOf(id).every(({ status }) => isFinal(status))) return;
    jobs.put(id, { ...job, status: 'COMPLETED', updatedAt: now.toISOString() });
  }

  const self: Jobs = {
    create(wanted, now) {
      const at = now.toISOString();
      const job: Job = { ...wanted, status: 'IN_PROGRESS', createdAt: at, updatedAt: at };
      jobs.put(job.id, job);
      const { kind, name } = job.target;
      for (const thing of kind === 'thing' ? [name] : registry.group(name).things) queue(job, thing, now);
      return job;
    },
    job(id) {
      const found = jobs.get(id);
      if (!found) throw notFound(`Job ${id} cannot be found.`);
      return found;
    },
    all: () => jobs.all().toSorted((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? -1 : 1)),
    cancel(id, now) {
      const job = self.job(id);
      if (job.status !== 'IN_PROGRESS') throw invalid(`Job ${id} is ${job.status} and cannot be cancelled.`);
      const cancelled: Job = { ...job, status: 'CANCELED', updatedAt: now.toISOString() };
      jobs.put(id, cancelled);
      for (const execution of self.executionsOf(id)) {
        if (execution.status === 'QUEUED') change(execution, 'CANCELED', {}, now);
      }
      return cancelled;
    },
    executionsOf: (id) => [...(byJob.get(id)?.values() ?? [])].toSorted((a, b) => (a.thing < b.thing ? -1 : 1)),
    executionsFor: (thing) => [...(byThing.get(thing)?.values() ?? [])].toSorted((a, b) => a.number - b.number),
    next(thing, namespace) {
      const open = self
        .executionsFor(thing)
        .filter(({ status, jobId }) => !isFinal(status) && self.job(jobId).namespace === namespace);
      return open.find(({ status }) => status === 'IN_PROGRESS') ?? open[0];
    },
    update(id, thing, status, details, now) {
      const execution = byJob.get(id)?.get(thing);
      if (!execution) throw notFound(`Job ${id} has no execution on ${thing}.`);
      if (isFinal(execution.status)) {
        throw invalid(`The execution of job ${id} on ${thing} is ${execution.status} and cannot change.`);
      }
      return change(execution, status, details, now);
    },
    onChange: (listener) => void listeners.push(listener),
  };
  registry.onJoin((thing, group) => {
    const now = clock();
    for (const job of self.all()) {
      const { target, continuous, status } = job;
      if (continuous && status === 'IN_PROGRESS' && target.kind === 'group' && target.name === group) {
        queue(job, thing, now);
      }
    }
  });
  return self;
}
