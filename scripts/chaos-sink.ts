import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startMosquitto } from '../test/support/mosquitto.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { faultsOfSinks, killSinks } from './sink/kill-sink.ts';

// `npm run chaos:sink -- --to duckdb|postgres --sinks 1 --kills 100 --seed 1`: kills the built sink at random moments under load,
// with a persistent session at Mosquitto, and reconciles the table by id.
const { values } = parseArgs({
  options: {
    to: { type: 'string', default: 'postgres' },
    sinks: { type: 'string', default: '1' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});
const folder = mkdtempSync(path.join(tmpdir(), 'verge-chaos-sink-'));
const mosquitto = await startMosquitto(['max_queued_messages 0']);
const postgres = values.to === 'postgres' ? await startPostgres() : undefined;
const kills = Number(values.kills);
try {
  const outcome = await killSinks({
    program: path.join(fileURLToPath(new URL('../..', import.meta.url)), 'dist/cloud/verge.js'),
    folder,
    broker: mosquitto.url,
    target: (await postgres?.database('chaos')) ?? `duckdb:${path.join(folder, 'verge.duckdb')}`,
    kills,
    seed: Number(values.seed),
    devices: 50,
    messagesPerSecond: 1,
    resultsPerMessage: 10,
    sinks: Number(values.sinks),
    onKill: (done) => process.stderr.write(`\r${done} of ${kills} kills `),
  });
  const faults = faultsOfSinks(outcome);
  process.stdout.write(`\n${JSON.stringify({ ...values, ...outcome, faults })}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  await postgres?.close();
  await mosquitto.close();
  rmSync(folder, { recursive: true, force: true });
}
