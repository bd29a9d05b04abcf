import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { telemetryTopic } from '../component/contract/topics.ts';
import { DiskStore } from '../component/outbox/disk/disk-store.ts';
import type { SyncPolicy } from '../component/outbox/disk/segment-writer.ts';
import type { PendingResult } from '../component/outbox/pending-result.ts';
import { ResultMessage } from '../component/outbox/result-message.ts';

// `npm run bench:outbox -- --folder DIR --messages N`: what each sync policy costs on the disk of DIR (default: the
// working folder), with one writer that waits for each message and with 16 at once; and the memory of a full backlog.
const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '.' },
    messages: { type: 'string', default: '2000' },
    backlog: { type: 'string', default: '256' },
  },
});
const PLACE = { fleet: 'bakeries', thing: 'oven-17' };
const MESSAGE_BYTES = 5 * 1024;
const WRITERS = [1, 16];
const folder = mkdtempSync(path.join(values.folder, '.bench-outbox-'));

/** A full message of ordinary results, and how many they are. */
const { payload, results } = (() => {
  const message = new ResultMessage({ place: PLACE, boot: 'mfq2k0a1x7c9', runtimeVersion: '0.1.0' }, MESSAGE_BYTES);
  const result: PendingResult = {
    requestId: 'call-7f3b',
    model: { name: 'intents-mini', version: '1.2.0', digest: '9f'.repeat(32) },
    label: 'alarm',
    score: 0.9731,
    runnersUp: [
      { label: 'timer', score: 0.0102 },
      { label: 'reminder', score: 0.0071 },
    ],
    latencyMs: { queue: 0.31, inference: 0.72 },
    tokenCount: 8,
    truncated: false,
    cached: false,
    observedAt: '2026-05-04T09:21:07.125Z',
  };
  for (let index = 0; message.count === index && message.bytes < MESSAGE_BYTES; index++) message.add(result);
  return { payload: message.seal(1, new Date()), results: message.count };
})();

async function open(name: string, sync: SyncPolicy, maxBytes = 2 ** 30): Promise<DiskStore> {
  const store = await DiskStore.open({
    folder: path.join(folder, name),
    maxBytes,
    maxAgeMs: 3_600_000,
    sync,
    now: () => performance.timeOrigin + performance.now(),
  });
  store.listen({
    dropped: (drop) => process.stdout.write(`dropped ${JSON.stringify(drop)}\n`),
    failing: fail,
    restored() {},
    takeable() {},
  });
  return store;
}

function fail(error: unknown): never {
  throw error;
}

async function measurePolicy(sync: SyncPolicy, writers: number, count: number): Promise<string[]> {
  const store = await open(`${sync}-${writers}`, sync);
  const latencies: number[] = [];
  const message = { stream: 'result', topic: telemetryTopic(PLACE, 'result'), payload, itemCount: results } as const;
  let left = count;
  const write = async (): Promise<void> => {
    while (left-- > 0) {
      const at = performance.now();
      await store.put(message);
      latencies.push(performance.now() - at);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: writers }, write));
  const seconds = (performance.now() - startedAt) / 1000;
  await store.close();
  latencies.sort((a, b) => a - b);
  const quantile = (share: number): string => (latencies[Math.ceil(share * latencies.length) - 1] ?? 0).toFixed(2);
  const rate = (value: number): string => Math.round(value).toLocaleString('en');
  return [
    sync,
    String(writers),
    rate(count / seconds),
    rate((count * results) / seconds),
    quantile(0.5),
    quantile(0.99),
  ];
}

async function measureBacklog(megabytes: number): Promise<void> {
  const topic = telemetryTopic(PLACE, 'result');
  global.gc?.();
  const empty = process.memoryUsage();
  const filled = await open('backlog', 'never', 2 ** 30);
  for (let bytes = 0; bytes < megabytes * 2 ** 20; bytes += payload.byteLength) {
    await filled.put({ stream: 'result', topic, payload, itemCount: results });
  }
  global.gc?.();
  const full = process.memoryUsage();
  const { messages } = filled.depth();
  await filled.close();
  global.gc?.();
  const before = process.memoryUsage().rss;
  const startedAt = performance.now();
  const store = await open('backlog', 'never', 2 ** 30);
  const openedMs = performance.now() - startedAt;
  const first = await store.take();
  const firstMs = performance.now() - startedAt;
  const after = process.memoryUsage().rss;
  if (first) store.giveBack(first, false);
  let taken = 0;
  const drainedAt = performance.now();
  for (let next = await store.take(); next; next = await store.take()) {
    store.remove(next);
    taken++;
  }
  const rate = Math.round(taken / ((performance.now() - drainedAt) / 1000));
  await store.close();
  process.stdout.write(
    `backlog of ${megabytes} MiB, ${messages} messages: written with ${((full.heapUsed - empty.heapUsed) / 2 ** 20).toFixed(1)} MiB more heap; opened in ${openedMs.toFixed(1)} ms, the first message in ` +
      `${firstMs.toFixed(1)} ms, ${((after - before) / 2 ** 20).toFixed(1)} MiB more memory; taken out at ${rate} messages/s\n`,
  );
}

try {
  process.stdout.write(
    `messages of ${payload.byteLength} bytes with ${results} results, on ${path.resolve(values.folder)}\n`,
  );
  process.stdout.write('policy | writers | messages/s | results/s | p50 ms | p99 ms\n');
  for (const sync of ['never', 'every-second', 'always'] as const) {
    for (const writers of WRITERS) {
      process.stdout.write(`${(await measurePolicy(sync, writers, Number(values.messages))).join(' | ')}\n`);
    }
  }
  await measureBacklog(Number(values.backlog));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
