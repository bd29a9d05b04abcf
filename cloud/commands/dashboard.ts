import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { TELEMETRY_STREAMS } from '../../component/contract/topics.ts';
import { readAwsSettings } from '../aws/settings.ts';
import { consume } from '../consumer/consume.ts';
import { readBaselines } from '../dashboard/baseline.ts';
import { startDashboard } from '../dashboard/dashboard.ts';
import { dashboardErrors } from '../dashboard/errors.ts';
import { openHistory } from '../dashboard/past/open-history.ts';
import type { RolloutFeed } from '../dashboard/rollouts/rollout-feed.ts';
import { stateFeed } from '../dashboard/rollouts/state-feed.ts';
import { bucketStates } from '../rollout/run/bucket-states.ts';
import { brokerOptionSpecs, readBrokerOptions } from './broker-options.ts';
import type { Command, CommandContext } from './command.ts';
import { commandErrors } from './errors.ts';
import { integerOption, listOption, textOption } from './options.ts';

/** The built page stands beside the built command line. */
export const PAGE_FOLDER = fileURLToPath(new URL('../dashboard', import.meta.url));

export const DEFAULT_PORT = 8080;
const SHARE_FLAG = '--share';

export const dashboardCommand: Command = {
  name: 'dashboard',
  summary: 'Serve a page that shows the fleet, its models and rollouts as they are now',
  arguments: [],
  options: [
    ...brokerOptionSpecs.filter(({ flags }) => !flags.startsWith(SHARE_FLAG)), // a share of the messages shows a share of the truth
    {
      flags: '--database <address>',
      description: 'begin with the past that `verge sink` stored: duckdb:FILE or postgres://…',
    },
    {
      flags: '--rollouts <address>',
      description: 'show the rollouts in this bucket, s3://BUCKET, with the credentials of the environment',
    },
    {
      flags: '--bundle <folder>',
      description: 'show label shares beside the baseline of this bundle',
      repeatable: true,
    },
    { flags: '--port <port>', description: `where to serve; 0 is any that is free; default: ${DEFAULT_PORT}` },
    { flags: '--host <host>', description: 'address to listen on; default: 127.0.0.1; any other needs a token' },
    {
      flags: '--token <token>',
      description: 'who opens the page must know it; others can see it in the list of processes',
    },
    { flags: '--token-file <file>', description: 'file that holds the token' },
    {
      flags: '--name <name>',
      description: 'another name that the page is opened by, such as one of a proxy',
      repeatable: true,
    },
  ],
  examples: [
    'verge dashboard --broker mqtt://127.0.0.1:1883',
    'verge dashboard --broker mqtt://127.0.0.1:1883 --database duckdb:verge.duckdb --bundle bundle',
    'verge dashboard --broker mqtts://broker.example --host 0.0.0.0 --token-file token --name fleet.example',
  ],
  jsonDescription: 'one JSON document on standard output when the page is served: its address',
  async run({ options, json, stdout, environment, signal }) {
    const port = integerOption(options.port, '--port', 0, 65_535) ?? DEFAULT_PORT;
    const brokerOptions = await readBrokerOptions(options);
    const token = textOption(options.token) ?? (await readToken(textOption(options.tokenFile)));
    const database = textOption(options.database);
    const history = database === undefined ? undefined : openHistory(database);
    const rollouts = await openRollouts(textOption(options.rollouts), environment, signal);
    const baselines = await readBaselines(listOption(options.bundle));
    const consumer = consume({ ...brokerOptions, streams: TELEMETRY_STREAMS });
    const { protocol, host: brokerHost } = new URL(brokerOptions.broker);
    let dashboard: Awaited<ReturnType<typeof startDashboard>>;
    try {
      dashboard = await startDashboard({
        consumer,
        broker: `${protocol}//${brokerHost}`,
        baselines,
        history,
        rollouts: rollouts?.feed,
        assetsFolder: PAGE_FOLDER,
        host: textOption(options.host) ?? '127.0.0.1',
        port,
        token,
        names: listOption(options.name).map((name) => name.toLowerCase()),
      });
    } catch (error) {
      await consumer.close();
      rollouts?.close();
      throw error;
    }
    try {
      if (json) stdout.write(`${JSON.stringify({ url: dashboard.url })}\n`);
      else stdout.write(`The page is at ${dashboard.url}\nCtrl-C ends it.\n`);
      await Promise.race([dashboard.ended, whenAborted(signal)]);
    } finally {
      await dashboard.close();
      rollouts?.close();
    }
  },
};

/** Resolves when the signal says so. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** @throws VergeError COMMAND_FILE_UNREADABLE */
async function readToken(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw commandErrors.make('COMMAND_FILE_UNREADABLE', `--token-file ${file} cannot be read (${why})`, error);
  }
}

/** @throws VergeError DASHBOARD_ROLLOUTS_UNKNOWN, AWS_… */
export async function openRollouts(
  address: string | undefined,
  environment: CommandContext['environment'],
  signal: AbortSignal,
): Promise<{ readonly feed: RolloutFeed; close(): void } | undefined> {
  if (address === undefined) return undefined;
  const bucket = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?:rollouts\/?)?)?$/.exec(address)?.[1];
  if (bucket === undefined) {
    throw dashboardErrors.make(
      'DASHBOARD_ROLLOUTS_UNKNOWN',
      `--rollouts ${address} is not s3:// and the name of a bucket`,
    );
  }
  // The SDK takes time to load, and no other verb should wait for it.
  const { connectRollingOut } = await import('../aws/rolling-out.ts');
  const aws = await connectRollingOut({ settings: readAwsSettings(environment), bucket, signal });
  return { feed: stateFeed(bucketStates(aws.documents), `s3://${bucket}`), close: () => aws.close() };
}
