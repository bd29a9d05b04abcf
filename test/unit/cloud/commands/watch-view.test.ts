import { describe, expect, it } from 'vitest';
import { describeItem, itemToJson, timeOfDay } from '../../../../cloud/commands/watch/describe-item.ts';
import { renderFrame } from '../../../../cloud/commands/watch/render-frame.ts';
import { Tally } from '../../../../cloud/commands/watch/tally.ts';
import type { ConsumerItem, MessageItem, ResultItem } from '../../../../cloud/consumer/item.ts';
import { healthDataExample } from '../../../../component/contract/health.ts';
import { OVEN } from '../../../support/messages.ts';
import { answered, MODEL } from '../../../support/results.ts';

const NOTHING = { messages: 0, results: 0, duplicates: 0, malformed: 0, gaps: 0, missing: 0 };
const ACKNOWLEDGEMENT = {
  ack: () => undefined,
  ackThrough: () => undefined,
  original: () => ({ topic: '', payload: new Uint8Array() }),
};
const ORIGIN = { ...OVEN, boot: 'b1', seq: 1, sentAt: '2026-05-04T09:21:07.310Z' };
const HOSTILE = '\u001b[2J\u001b]0;title\u0007\r\n\u202e\u009b31m\ud800 予定'.repeat(9);

function resultItem(more: object = {}): ResultItem {
  const head = { kind: 'result', id: 'oven-17:b1:1:0', ...ORIGIN, index: 0, runtimeVersion: '0.1.0', replay: false };
  // An answer and its head are an item; `answered` is typed wider, for failures too.
  return { ...head, ...answered('call-1'), answered: true, model: MODEL, ...ACKNOWLEDGEMENT, ...more } as ResultItem;
}

function healthItem(state: 'ready' | 'lost', thing = OVEN.thing, heartbeatSeconds = 60): MessageItem {
  const data = { ...healthDataExample, state, heartbeatSeconds };
  return { kind: 'health', id: 'x', ...ORIGIN, thing, data, ...ACKNOWLEDGEMENT };
}

function tallyOf(items: readonly ConsumerItem[], nowMs = 0): Tally {
  const tally = new Tally(0);
  for (const item of items) tally.add(item, nowMs);
  return tally;
}

/** Columns that a text takes on a terminal: East Asian wide characters take two. */
function columnsOf(line: string): number {
  return [...line].reduce((sum, character) => sum + (/[\u3000-\u9fff]/u.test(character) ? 2 : 1), 0);
}

/** Without the sequences that Verge itself writes: bold heads of columns. */
function withoutBold(text: string): string {
  return text.replaceAll('\u001b[1m', '').replaceAll('\u001b[22m', '');
}

describe('the frame of a watch', () => {
  it.each([
    [80, 24],
    [160, 50],
    [40, 10],
  ])('stays within %i columns and %i rows, and obeys no sender', (columns, rows) => {
    const results = Array.from({ length: 100 }, () =>
      resultItem({ thing: HOSTILE, requestId: HOSTILE, label: HOSTILE, runnersUp: [{ label: HOSTILE, score: 0.1 }] }),
    );
    const malformed: ConsumerItem = {
      kind: 'malformed',
      topic: HOSTILE,
      payload: Buffer.of(1),
      code: 'MESSAGE_NOT_JSON',
      message: HOSTILE,
      ...ACKNOWLEDGEMENT,
    };
    const tally = tallyOf([...results, malformed, healthItem('lost', HOSTILE)]);

    const frame = withoutBold(renderFrame(tally, NOTHING, { broker: 'mqtt://b:1', columns, rows, nowMs: 1000 }));

    const lines = frame.split('\n');
    expect(lines.length).toBeLessThan(rows);
    expect(lines.filter((line) => columnsOf(line) > columns)).toEqual([]);
    expect(frame).not.toMatch(/(?!\n)\p{Cc}|\p{Cf}/u);
  });

  it('shows the newest result first, with its flags as words where there is room', () => {
    const tally = tallyOf([
      resultItem({ requestId: 'old' }),
      resultItem({ requestId: 'new', cached: true, replay: true }),
    ]);

    const [narrow, wide] = [80, 140].map((columns) =>
      withoutBold(renderFrame(tally, NOTHING, { broker: 'mqtt://b:1', columns, rows: 24, nowMs: 1000 })),
    );

    expect(narrow).toMatch(/09:21:07 oven-17 +new +alarm +0\.970 timer 0\.01 +1\.0 rc\s*\n09:21:07 oven-17 +old/);
    expect(wide).toMatch(/new +alarm +0\.970 timer 0\.01 +1\.0 replay cached/);
  });

  it('counts what came, what is missing, and how the things are', () => {
    const items = [resultItem(), resultItem({ thing: 'oven-18' }), healthItem('ready'), healthItem('lost', 'oven-19')];
    const counts = { ...NOTHING, gaps: 1, missing: 1234, duplicates: 1, malformed: 2 };

    const frame = renderFrame(tallyOf(items), counts, { broker: 'mqtt://b:1', columns: 80, rows: 24, nowMs: 1000 });

    expect(frame).toContain('2 results · 1,234 messages missing (1 gap) · 1 duplicate · 2 malformed');
    expect(frame).toContain('3 things: 1 lost (bakeries/oven-19), 1 ready, 1 unknown');
    expect(frame).toContain('waiting (connecting)  2.0 results per second');
  });
});

describe('the tally of a watch', () => {
  it('calls a thing silent that missed its heartbeats, until it is heard of again', () => {
    const tally = tallyOf([healthItem('ready', 'oven-17', 10)]);

    const states = [25_000, 25_001].map((nowMs) => tally.things(nowMs)[0]?.[0]);
    tally.add(healthItem('ready', 'oven-17', 10), 30_000);

    expect(states).toEqual(['ready', 'silent']);
    expect(tally.things(30_000)[0]?.[0]).toBe('ready');
  });

  it('takes its rate over the last ten seconds', () => {
    const tally = tallyOf([]);
    for (let nowMs = 0; nowMs < 60_000; nowMs += 100) tally.add(resultItem(), nowMs);

    expect(tally.rate(59_999)).toBe(10);
    expect(tally.rate(75_000)).toBe(0);
  });

  it('keeps a bounded number of results and things', () => {
    const tally = tallyOf([]);
    for (let index = 0; index < 10_100; index++) tally.add(resultItem({ thing: `t${index}` }), 0);

    expect(tally.results).toBe(10_100);
    expect(tally.newest).toHaveLength(200);
    expect(tally.thingCount).toBe(10_000);
  });
});

describe('an item as a line', () => {
  it('is one line, whatever the sender wrote', () => {
    const items: ConsumerItem[] = [
      resultItem({ requestId: HOSTILE, label: HOSTILE }),
      resultItem({ answered: false, error: { code: 'X', message: HOSTILE } }),
      {
        kind: 'malformed',
        topic: HOSTILE,
        payload: Buffer.of(1),
        code: 'MESSAGE_INVALID',
        message: HOSTILE,
        ...ACKNOWLEDGEMENT,
      },
      { kind: 'link', state: 'waiting', reason: HOSTILE, ...ACKNOWLEDGEMENT },
    ];

    for (const item of items) expect(describeItem(item)).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });

  it('tells a result, a gap and what filled it in words', () => {
    const about = { ...OVEN, boot: 'b1', stream: 'result', ...ACKNOWLEDGEMENT } as const;

    const lines = [
      describeItem(resultItem({ rejected: { bestLabel: 'weather', bestScore: 0.3 }, label: 'oos' })),
      describeItem({ kind: 'gap', ...about, fromSeq: 3, toSeq: 5, missing: 3 }),
      describeItem({ kind: 'filled', ...about, seq: 4 }),
    ];

    expect(lines).toEqual([
      '2026-05-04T09:21:07.125Z  bakeries/oven-17  call-1  oos  0.9700  (weather 0.30)  1.0 ms  rejected',
      'gap: 3 messages of bakeries/oven-17 result are missing  (boot b1, 3 to 5)',
      'filled: message 4 of bakeries/oven-17 result came late  (boot b1)',
    ]);
  });

  it('is JSON that holds the bytes of a malformed message', () => {
    const payload = Buffer.of(0xff, 0, 1);

    const json = itemToJson({
      kind: 'malformed',
      topic: 't',
      payload,
      code: 'MESSAGE_NOT_UTF8',
      message: 'm',
      ...ACKNOWLEDGEMENT,
    });

    expect(JSON.parse(json)).toEqual({
      kind: 'malformed',
      topic: 't',
      code: 'MESSAGE_NOT_UTF8',
      message: 'm',
      payloadBase64: '/wAB',
    });
  });

  it('has a time of day even where no clock knows the instant', () => {
    expect(timeOfDay('2026-05-04T23:59:59.999+02:00')).toBe('21:59:59');
    expect(timeOfDay('2026-05-04T99:99:99Z\u001b')).toBe('2026-05-04T99:99:99Z\\u{1b}');
  });
});
