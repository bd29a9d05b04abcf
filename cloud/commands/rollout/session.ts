import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RollingOut } from '../../aws/rolling-out.ts';
import { readAwsSettings } from '../../aws/settings.ts';
import type { ConsumeOptions } from '../../consumer/options.ts';
import { rolloutErrors } from '../../rollout/errors.ts';
import { quantity } from '../../rollout/machine/begin.ts';
import { readAloud } from '../../rollout/machine/journal.ts';
import { makeNotifier, type Notifier } from '../../rollout/notify.ts';
import type { Plan } from '../../rollout/plan/plan-schema.ts';
import { readPlan } from '../../rollout/plan/read-plan.ts';
import type { StatePort } from '../../rollout/ports.ts';
import { reportOf, reportToMarkdown } from '../../rollout/report.ts';
import { bucketStates } from '../../rollout/run/bucket-states.ts';
import { listen } from '../../rollout/run/listen.ts';
import { Observer } from '../../rollout/run/observe.ts';
import { runRollout } from '../../rollout/run/run-rollout.ts';
import { readState } from '../../rollout/run/state-store.ts';
import { isEnded, type RolloutState } from '../../rollout/state.ts';
import { readBrokerOptions } from '../broker-options.ts';
import type { CommandContext } from '../command.ts';
import { commandErrors } from '../errors.ts';
import { listOption, numberOption, textOption } from '../options.ts';
import { printable } from '../table.ts';

/** An account, as a verb of `rollout` works on it. */
export interface Session {
  readonly aws: RollingOut;
  readonly store: StatePort;
  /** ARN of whoever acts. */
  readonly by: string;
}

const MAX_PLAN_BYTES = 256 * 1024;
const POLL_SECONDS = 15;
/** The rollout went back: the work went well, and the finding is bad news. */
const EXIT_WENT_BACK = 2;

export async function withSession<T>(context: CommandContext, work: (session: Session) => Promise<T>): Promise<T> {
  const { options, environment, signal } = context;
  // The SDK takes time to load, and no other verb should wait for it.
  const { connectRollingOut } = await import('../../aws/rolling-out.ts');
  const region = textOption(options.region);
  const settings = { ...readAwsSettings(environment), ...(region === undefined ? {} : { region }) };
  const bucket = textOption(options.bucket) ?? environment.VERGE_BUCKET;
  const aws = await connectRollingOut({ settings, bucket, signal });
  try {
    return await work({ aws, store: bucketStates(aws.documents), by: aws.identity.arn });
  } finally {
    aws.close();
  }
}

/** @throws VergeError ROLLOUT_FILE_UNREADABLE, ROLLOUT_PLAN_INVALID */
export async function readPlanFile(file: string): Promise<Plan> {
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > MAX_PLAN_BYTES) throw new Error(`it has ${size} bytes, over ${MAX_PLAN_BYTES}`);
    text = await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw rolloutErrors.make('ROLLOUT_FILE_UNREADABLE', `${file} cannot be read (${why})`, error);
  }
  return readPlan(text, file);
}

/** What carrying a rollout on needs beside its state. */
interface Means {
  readonly broker: ConsumeOptions;
  readonly notifier: Notifier;
  readonly pollMs: number;
}

/** Read before anything is written down, so that who got an option wrong may just say it again. @throws VergeError COMMAND_…, ROLLOUT_NOTIFY_INVALID */
export async function readMeans(
  { options, environment, stderr }: CommandContext,
  { aws }: Pick<Session, 'aws'>,
): Promise<Means> {
  const broker = textOption(options.broker) ?? environment.VERGE_BROKER;
  if (broker === undefined)
    throw commandErrors.make('COMMAND_BROKER_MISSING', 'The devices are heard over a broker, and none is named');
  const notifier = makeNotifier({
    to: listOption(options.notify),
    publish: aws.notify,
    onFailure: (words) => stderr.write(`verge: ${words}\n`),
  });
  const pollMs = (numberOption(options.poll, '--poll', 0.05, 600) ?? POLL_SECONDS) * 1000;
  return { broker: await readBrokerOptions({ ...options, broker }), notifier, pollMs };
}

/** Carries a rollout on until it ends or waits for a person, telling of each line of its journal. Answers the exit code. */
export async function follow(
  context: CommandContext,
  { store, by, aws }: Session,
  { broker, notifier, pollMs }: Means,
  id: string,
): Promise<number> {
  const { options, json, stdout, stderr, signal } = context;
  const { state } = await readState(store, id);
  const clock = (): Date => new Date();
  const listening = await listen(state, broker, clock, (words) => stderr.write(`${printable(words)}\n`));
  try {
    const ended = await runRollout(id, {
      fleet: aws.fleet,
      store,
      observer: new Observer(aws.fleet, listening.evidence),
      by,
      clock,
      pollMs,
      signal,
      async wait(ms) {
        await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
      },
      onState(now, news) {
        for (const entry of news) stderr.write(`${printable(readAloud(entry))}\n`);
        notifier.tell(now, news);
      },
    });
    await writeReports(ended, textOption(options.report));
    stdout.write(json ? `${JSON.stringify(ended)}\n` : describeEnd(ended));
    return isEnded(ended) && ended.phase !== 'done' ? EXIT_WENT_BACK : 0;
  } finally {
    await listening.consumer.close();
    await notifier.flush();
  }
}

async function writeReports(state: RolloutState, folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  const report = reportOf(state);
  await writeFile(path.join(folder, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(path.join(folder, 'report.md'), reportToMarkdown(report));
}

function describeEnd(state: RolloutState): string {
  const { id, phase, hold, back, waves } = state;
  if (phase === 'done') return `${id} is done: ${quantity(waves.length, 'wave')} passed.\n`;
  const next = reportOf(state)
    .next.map((line) => `- ${printable(line)}\n`)
    .join('');
  const head = hold ? `${id} waits: ${hold.why}.` : `${id} ended as ${phase}: ${back?.why ?? ''}.`;
  return `${printable(head)}\n${next}`;
}
