import { describe, expect, it } from 'vitest';
import { classifyCommandExample, controlCommandExample } from '../../../../component/contract/command.ts';
import { commandTopic } from '../../../../component/contract/topics.ts';
import type { LinkMessage } from '../../../../component/link/link.ts';
import { MemoryStore } from '../../../../component/outbox/memory-store.ts';
import { CommandJournal } from '../../../../component/sources/command-journal.ts';
import { CommandSource } from '../../../../component/sources/command-source.ts';
import { startControlSource } from '../../../../component/sources/control-source.ts';
import { type BenchDesk, benchDesk } from '../../../support/bench-desk.ts';
import { FakeLink } from '../../../support/fake-link.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
const topics = { classify: commandTopic(place, 'classify'), control: commandTopic(place, 'control') };
const examples = { classify: classifyCommandExample, control: controlCommandExample };
const sentAt = '2026-05-04T09:21:07.087Z';

interface Bench {
  readonly heard: string[];
  readonly refused: string[];
  readonly desk: BenchDesk;
  readonly reports: () => number;
  send(name: 'classify' | 'control', payload: object, more?: Partial<LinkMessage>): Promise<void>;
}

function bench(store?: MemoryStore): Bench {
  const link = new FakeLink();
  const desk = benchDesk();
  const heard: string[] = [];
  const refused: string[] = [];
  let reports = 0;
  const told = {
    place,
    link,
    onRefused: ({ code }: { readonly code: string }) => refused.push(code),
    onSentAt: (instant: string) => heard.push(instant),
    onGivenUp: async () => undefined,
  };
  const journal = store && new CommandJournal({ store, onTrouble: () => undefined, onLost: () => undefined });
  new CommandSource({ ...told, journal, desk: desk.desk, now: () => new Date() }).start();
  startControlSource({
    ...told,
    reportHealth: async () => {
      reports++;
    },
  });
  return {
    heard,
    refused,
    desk,
    reports: () => reports,
    async send(name, payload, more = {}) {
      const message = { topic: topics[name], payload: Buffer.from(JSON.stringify(payload)), ...more };
      await link.handlers.get(topics[name])?.(message);
    },
  };
}

describe('the instant at which a message says that it was sent', () => {
  it.each(['classify', 'control'] as const)('is told of a %s message that came straight', async (name) => {
    const { heard, send } = bench();

    await send(name, { ...examples[name], sentAt });
    await send(name, { ...examples[name], sentAt: undefined });

    expect(heard).toEqual([sentAt]);
  });

  it.each(['classify', 'control'] as const)('is not told of a %s message that was kept on its way', async (name) => {
    const { heard, send, desk, reports } = bench();

    await send(name, { ...examples[name], sentAt }, { kept: true });

    expect(heard).toEqual([]);
    expect(desk.delivered.length + reports()).toBeGreaterThan(0); // it is answered all the same
  });

  it.each([17, 'yesterday', '2026-05-04 09:21', '2026-13-41T09:21:07Z', null, { at: sentAt }, 'x'.repeat(10_000)])(
    'costs nobody an answer where it is %j',
    async (wrong) => {
      const { heard, refused, send, desk, reports } = bench();

      await send('classify', { ...classifyCommandExample, sentAt: wrong });
      await send('control', { ...controlCommandExample, sentAt: wrong });

      expect([heard, refused]).toEqual([[], []]);
      expect(desk.delivered).toHaveLength(classifyCommandExample.texts.length);
      expect(reports()).toBe(1);
    },
  );

  it('is not told of what is refused', async () => {
    const { heard, refused, send } = bench();

    await send('classify', { schemaVersion: 1, texts: [], sentAt });
    await send('control', { schemaVersion: 1, action: 'explode', sentAt });

    expect(heard).toEqual([]);
    expect(refused).toHaveLength(2);
  });

  it('is told once, on arrival, of a command that the journal keeps, and not of what an earlier life left there', async () => {
    const store = new MemoryStore(100_000);
    const left = { ...classifyCommandExample, sentAt: '2026-05-03T00:00:00.000Z' };
    const label = `2026-05-03T00:00:01.000Z ${topics.classify}`;
    await store.put({ stream: 'result', topic: label, payload: Buffer.from(JSON.stringify(left)), itemCount: 1 });
    const { heard, send, desk } = bench(store);

    await send('classify', { ...classifyCommandExample, sentAt });
    await desk.until((delivered) => delivered.length === 2 * classifyCommandExample.texts.length);

    expect(heard).toEqual([sentAt]);
  });
});
