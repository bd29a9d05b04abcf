import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { TELEMETRY_STREAMS } from '../../component/contract/topics.ts';
import { consume } from '../consumer/consume.ts';
import type { ConsumeOptions } from '../consumer/options.ts';
import { LetterFile } from '../sink/letter-file.ts';
import { serveMetrics } from '../sink/metrics/serve-metrics.ts';
import { SinkMetrics } from '../sink/metrics/sink-metrics.ts';
import { observers } from '../sink/observer.ts';
import { openStore, parseTarget, type Target } from '../sink/open-store.ts';
import { openLetters, redrive } from '../sink/redrive.ts';
import { runSink } from '../sink/run-sink.ts';
import { Writer } from '../sink/writer.ts';
import { brokerOptionSpecs, readBrokerOptions } from './broker-options.ts';
import type { Command, CommandContext } from './command.ts';
import { commandErrors } from './errors.ts';
import { integerOption, numberOption, textOption } from './options.ts';
import { SinkLog, type SinkTotals } from './sink/sink-log.ts';
import { printable } from './table.ts';

const DEFAULT_OUTAGE_SECONDS = 120;
const DEFAULT_LETTER_MEGABYTES = 1024;
/** Messages that may wait for a commit: a few megabytes, and enough for large transactions. IoT Core and MQTT 3.1.1 brokers send fewer. */
const MAX_UNACKNOWLEDGED = 1000;
const SESSION = {
  streams: TELEMETRY_STREAMS,
  acknowledge: 'manual',
  maxUnacknowledged: MAX_UNACKNOWLEDGED,
} as const;
const LOOPBACK = '127.0.0.1';

export const sinkCommand: Command = {
  name: 'sink',
  summary: 'Write what devices send into a database: a DuckDB file or PostgreSQL',
  arguments: [],
  options: [
    { flags: '--to <target>', description: 'duckdb:FILE or postgres://user@host:port/database', required: true },
    ...brokerOptionSpecs.map((spec) => ({ ...spec, required: false })),
    {
      flags: '--mqtt <version>',
      description: '5, or 4 for MQTT 3.1.1; default: 4. With 5 Mosquitto sends more at once',
    },
    { flags: '--parquet <folder>', description: 'with DuckDB: also write each hour as Parquet files' },
    { flags: '--metrics <[host:]port>', description: 'serve /metrics (OpenMetrics) there; host: 127.0.0.1' },
    {
      flags: '--dead-letters <file>',
      description: 'for what the database cannot take; default: verge-dead-letters.jsonl',
    },
    {
      flags: '--dead-letter-megabytes <n>',
      description: `largest size of that file; default: ${DEFAULT_LETTER_MEGABYTES}`,
    },
    {
      flags: '--outage <seconds>',
      description: `a database away for longer is not waited for: messages go to that file; default: ${DEFAULT_OUTAGE_SECONDS}`,
    },
    {
      flags: '--redrive <file>',
      description: 'instead of a broker: write the messages of a dead-letter file, and end',
    },
  ],
  jsonDescription: 'at the end, one JSON document of what was written on standard output',
  examples: [
    'verge sink --broker mqtt://127.0.0.1:1883 --to duckdb:verge.duckdb',
    'verge sink --broker mqtts://broker.example --user sink --password-file password --to postgres://verge@db.example/verge --metrics 9464',
    'verge sink --broker mqtt://broker.example --to postgres://verge@db.example/verge --share sinks --client-id sink-1',
    'verge sink --to postgres://verge@db.example/verge --redrive verge-dead-letters.jsonl',
  ],
  async run(context) {
    const { options, signal, stderr } = context;
    const target = parseTarget(textOption(options.to) ?? '');
    const redriven = textOption(options.redrive);
    const brokerOptions = redriven === undefined ? await readBroker(context, target) : undefined;
    const settings = readSettings(options, target);
    const log = new SinkLog((line) => stderr.write(line));
    const letterFile = new LetterFile(settings.letterFile, settings.letterBytes);
    // Before the database: a file that isn't there makes none of it.
    const letters = redriven === undefined ? undefined : await openLetters(redriven);
    const store = await openStore(target);
    const metrics = new SinkMetrics(() => store.fleetTotals());
    const server =
      settings.metrics && (await serveMetrics(metrics.registry, settings.metrics.host, settings.metrics.port));
    const observer = observers(log, metrics);
    const outageMs = redriven === undefined ? settings.outageMs : Number.POSITIVE_INFINITY;
    const writer = new Writer({ store, letterFile, observer, outageMs, signal });
    try {
      if (server) stderr.write(`metrics: ${server.url}\n`);
      if (letters) {
        const { messages, unreadable } = await redrive(letters, writer);
        stderr.write(
          `${messages} messages of ${redriven} were written${unreadable ? `, ${unreadable} lines were unreadable` : ''}.\n`,
        );
      } else if (brokerOptions) {
        const parquet = await openParquet(settings.parquet, store, (reason) =>
          stderr.write(`parquet: ${printable(reason)}\n`),
        );
        const consumer = consume({ ...brokerOptions, ...SESSION, protocol: settings.protocol, signal });
        stderr.write(`sink: ${new URL(brokerOptions.broker).host} to ${store.name}, as ${brokerOptions.clientId}\n`);
        const afterCommit = parquet && ((beforeMs: number) => parquet.writeDue(beforeMs));
        await runSink({ consumer, writer, observer, signal, ...(afterCommit ? { afterCommit } : {}) });
        await parquet?.writeAll();
      }
    } finally {
      await server?.close();
      await letters?.handle.close();
      await store.close();
    }
    tell(context, log.totals, settings.letterFile);
  },
};

async function openParquet(
  folder: string | undefined,
  store: Awaited<ReturnType<typeof openStore>>,
  onFailure: (reason: string) => void,
) {
  if (folder === undefined) return undefined;
  const [{ ParquetFolder }, { DuckdbStore }] = await Promise.all([
    import('../sink/duckdb/parquet-folder.ts'),
    import('../sink/duckdb/store.ts'),
  ]);
  return store instanceof DuckdbStore ? new ParquetFolder(store, folder, onFailure) : undefined;
}

interface Settings {
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  readonly parquet: string | undefined;
  readonly protocol: 4 | 5;
  readonly letterFile: string;
  readonly letterBytes: number;
  readonly outageMs: number;
}

function readSettings(options: CommandContext['options'], target: Target): Settings {
  const parquet = textOption(options.parquet);
  if (parquet !== undefined && target.kind !== 'duckdb') {
    throw commandErrors.make('COMMAND_OPTION_INVALID', '--parquet goes with --to duckdb:FILE, which writes it');
  }
  const outage = numberOption(options.outage, '--outage', 0, 1_000_000) ?? DEFAULT_OUTAGE_SECONDS;
  const megabytes = numberOption(options.deadLetterMegabytes, '--dead-letter-megabytes', 1, 1_000_000);
  return {
    metrics: readListen(textOption(options.metrics)),
    parquet,
    protocol: integerOption(options.mqtt, '--mqtt', 4, 5) === 5 ? 5 : 4,
    letterFile: textOption(options.deadLetters) ?? 'verge-dead-letters.jsonl',
    letterBytes: (megabytes ?? DEFAULT_LETTER_MEGABYTES) * 1024 * 1024,
    outageMs: outage * 1000,
  };
}

function readListen(value: string | undefined): Settings['metrics'] {
  if (value === undefined) return undefined;
  const [, host, digits] = /^(?:(.+):)?(\d+)$/.exec(value) ?? [];
  const port = integerOption(digits ?? value, '--metrics', 0, 65_535) ?? 0;
  return { host: host?.replace(/^\[(.*)\]$/, '$1') ?? LOOPBACK, port };
}

async function readBroker({ options }: CommandContext, target: Target): Promise<ConsumeOptions & { clientId: string }> {
  if (textOption(options.broker) === undefined) {
    throw commandErrors.make(
      'COMMAND_OPTION_INVALID',
      '--broker is missing, and without --redrive there is nothing else to read',
    );
  }
  const broker = await readBrokerOptions(options);
  if (broker.group !== undefined && broker.clientId === undefined) {
    const what = '--share comes without --client-id, and each sink of a group needs a stable name of its own';
    throw commandErrors.make('COMMAND_OPTION_INVALID', what);
  }
  return { ...broker, clientId: broker.clientId ?? usualClientId(target) };
}

/** The same from run to run for this machine and this database, so that the broker knows the session again. */
function usualClientId(target: Target): string {
  const place = target.kind === 'duckdb' ? target.file : new URL(target.url).host + new URL(target.url).pathname;
  return `verge-sink-${createHash('sha256').update(`${hostname()} ${place}`).digest('hex').slice(0, 12)}`;
}

function tell({ json, stdout, stderr }: CommandContext, totals: SinkTotals, letterFile: string): void {
  if (json) stdout.write(`${JSON.stringify({ ...totals, letterFile })}\n`);
  const rows = Object.entries(totals.rows).map(([table, count]) => `${count} in ${table}`);
  stderr.write(`sink: new rows: ${rows.join(', ') || 'none'}; ${totals.knownRows} were there before.\n`);
  if (totals.putAside > 0) {
    stderr.write(`${totals.putAside} dead letters are in ${letterFile}: verge sink --to … --redrive ${letterFile}\n`);
  }
}
