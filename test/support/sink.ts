import { randomBytes } from 'node:crypto';
import { connectAsync } from 'mqtt';
import { onTestFinished } from 'vitest';
import { openStore, parseTarget } from '../../cloud/sink/open-store.ts';
import { type SinkProcess, startSinkProcess } from '../../scripts/sink/sink-process.ts';
import { repositoryPath } from './paths.ts';
import { scratchFolder } from './scratch.ts';

/** The built `verge sink`, ended with the test. */
export function startSink(words: readonly string[], folder = scratchFolder()): SinkProcess {
  const sink = startSinkProcess(repositoryPath('dist/cloud/verge.js'), folder, words);
  onTestFinished(async () => {
    sink.kill();
    await sink.ended;
  });
  return sink;
}

/** Resolves when the sink has said the words on standard error. */
export async function untilSaid(sink: SinkProcess, words: string): Promise<void> {
  while (!sink.said().includes(words)) {
    const over = await Promise.race([sink.ended.then(() => true), nextTurn().then(() => false)]);
    if (over && !sink.said().includes(words))
      throw new Error(`the sink ended without a word of ${words}: ${sink.said()}`);
  }
}

/** Rows of any statement, by a connection of the test's own. */
export async function rowsAt(target: string, sql: string): Promise<Record<string, unknown>[]> {
  const store = await openStore(parseTarget(target));
  try {
    return await store.run(sql);
  } finally {
    await store.close();
  }
}

/** Resolves when a statement answers so many rows, or more, as `count`. */
export async function untilCount(target: string, sql: string, count: number): Promise<void> {
  const store = await openStore(parseTarget(target));
  try {
    while (Number((await store.run(sql))[0]?.count ?? 0) < count) await nextTurn();
  } finally {
    await store.close();
  }
}

export async function publish(broker: string, messages: readonly (readonly [string, Uint8Array])[]): Promise<void> {
  const client = await connectAsync(broker, { clientId: `publisher-${randomBytes(4).toString('hex')}` });
  try {
    await Promise.all(messages.map(([topic, payload]) => client.publishAsync(topic, Buffer.from(payload), { qos: 1 })));
  } finally {
    await client.endAsync();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20)); // a look at something that gives no notice
}
