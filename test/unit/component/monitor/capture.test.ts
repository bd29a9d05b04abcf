import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Classification } from '../../../../component/classify/classification.ts';
import { parseSettings } from '../../../../component/config/parse-settings.ts';
import { compileRedactPattern, objectionToPatterns } from '../../../../component/contract/redact-pattern.ts';
import { sampleDataSchema } from '../../../../component/contract/sample.ts';
import {
  DEFAULT_REDACT_PATTERNS,
  type SettingsInput,
  settingsExample,
} from '../../../../component/contract/settings.ts';
import { CaptureBudget, DAY_MS, HOUR_MS } from '../../../../component/monitor/capture/budget.ts';
import {
  type AnsweredText,
  Capture,
  type CaptureOptions,
  type SampleBody,
} from '../../../../component/monitor/capture/capture.ts';
import { Redaction } from '../../../../component/monitor/capture/redaction.ts';
import { tempFolder } from '../../../support/disk-outbox.ts';

const model = { name: 'intents', version: '1.0.0', digest: 'ab'.repeat(32) };
const sure: Classification = {
  label: 'alarm',
  labelIndex: 2,
  score: 0.973_456,
  runnersUp: [],
  tokenCount: 6,
  truncated: false,
  unknownCount: 0,
  queueMs: 0.1,
  inferenceMs: 0.9,
  cached: false,
};
const unsure: Classification = { ...sure, score: 0.412_345 };
const rejected: Classification = {
  ...sure,
  label: 'oos',
  labelIndex: -1,
  score: 0.9,
  rejected: { bestLabel: 'alarm', bestScore: 0.9 },
};
const PLENTY = { capturePerHour: 100_000, captureBytesPerDay: 1_073_741_824 };

interface World {
  readonly capture: Capture;
  readonly sent: SampleBody[];
  readonly set: (more: Partial<SettingsInput>) => Promise<void>;
}

async function world(given: Partial<SettingsInput>, more: Partial<CaptureOptions> = {}): Promise<World> {
  const sent: SampleBody[] = [];
  let settings = await parseSettings({ ...settingsExample, ...PLENTY, ...given }, 'here');
  const capture = new Capture({
    settings: () => settings,
    budget: new CaptureBudget(path.join(tempFolder(), 'budget.json'), () => 0),
    scoresAreProbabilities: () => true,
    messageBytes: () => 5120,
    post: async (sample) => {
      sent.push(sample);
    },
    ...more,
  });
  onTestFinished(() => capture.close());
  return {
    capture,
    sent,
    set: async (changed) => {
      settings = await parseSettings({ ...settingsExample, ...PLENTY, ...given, ...changed }, 'here');
    },
  };
}

function answered(requestId: string, answer: Classification, text = `text of ${requestId}`): AnsweredText {
  return { requestId, text, observedAt: new Date('2026-05-04T09:21:07.125Z'), model, answer };
}

describe('capture', () => {
  it('sends nothing unless it is asked to', async () => {
    const { capture, sent } = await world({});

    capture.offer(answered('a', unsure));
    capture.offer(answered('b', rejected));
    capture.compared(answered('c', sure), unsure);
    await capture.close();

    expect(sent).toEqual([]);
    expect(capture.counts()).toBeUndefined();
  });

  it('sends what the model was unsure of or rejected, and nothing that it was sure of', async () => {
    const { capture, sent } = await world({ captureBelowScore: 0.5 });

    capture.offer(answered('sure', sure));
    capture.offer(answered('unsure', unsure));
    capture.offer(answered('rejected', rejected));
    await capture.close();

    expect(sent.map(({ requestId, reason }) => [requestId, reason])).toEqual([
      ['unsure', 'low-confidence'],
      ['rejected', 'low-confidence'],
    ]);
    expect(sent[0]?.score).toBe(0.4123);
  });

  it('sends samples that the contract takes', async () => {
    const { capture, sent } = await world({ captureBelowScore: 0.5 });

    capture.offer(answered('unsure', unsure));
    await capture.close();

    expect(sampleDataSchema.safeParse({ schemaVersion: 1, boot: 'b', seq: 1, ...sent[0] }).success).toBe(true);
  });

  it('calls no score low that is no probability, nor the lack of any label', async () => {
    const { capture, sent } = await world({ captureBelowScore: 0.5 }, { scoresAreProbabilities: () => false });

    capture.offer(answered('a', unsure));
    capture.offer(answered('b', { ...sure, label: '', labelIndex: -1, score: 0 }));
    await capture.close();

    expect(sent).toEqual([]);
  });

  it('draws the share that was asked for, and the same requests in every life', async () => {
    const first = await world({ captureShare: 0.2 });
    const second = await world({ captureShare: 0.2 });

    for (const { capture } of [first, second]) {
      for (let index = 0; index < 5000; index++) capture.offer(answered(`r${index}`, sure));
    }
    await first.capture.close();
    await second.capture.close();

    // 1,000 expected, standard deviation 28.
    expect(first.sent.length).toBeGreaterThan(880);
    expect(first.sent.length).toBeLessThan(1120);
    expect(second.sent).toEqual(first.sent);
  });

  it('sends a request that comes again once, for whatever reasons', async () => {
    const { capture, sent } = await world({ captureShare: 1, captureDisagreement: true });

    capture.offer(answered('a', sure));
    capture.offer(answered('a', sure));
    capture.compared(answered('a', sure), { ...sure, label: 'timer' });
    await capture.close();

    expect(sent).toHaveLength(1);
  });

  it('asks for the label of an unsure text once, however many ask it', async () => {
    const { capture, sent } = await world({ captureBelowScore: 0.5 });

    capture.offer(answered('a', unsure, 'the same'));
    capture.offer(answered('b', unsure, 'the same'));
    await capture.close();

    expect(sent).toHaveLength(1);
  });

  it('sends what the challenger answered otherwise, and not what both agree on', async () => {
    const { capture, sent } = await world({ captureDisagreement: true });

    capture.compared(answered('same', sure), unsure);
    capture.compared(answered('other', sure), { ...sure, label: 'timer' });
    await capture.close();

    expect(sent.map(({ requestId, reason }) => [requestId, reason])).toEqual([['other', 'disagreement']]);
  });

  it('leaves out what is over its rate or its bytes, or too long for a message, and counts it', async () => {
    const few = await world({ captureShare: 1, capturePerHour: 8 });
    const small = await world({ captureShare: 1, captureBytesPerDay: 65_536 });

    for (let index = 0; index < 5; index++) few.capture.offer(answered(`r${index}`, sure));
    for (let index = 0; index < 5; index++) small.capture.offer(answered(`r${index}`, sure, 'x'.repeat(4000)));
    small.capture.offer(answered('long', sure, 'x'.repeat(5000)));
    await few.capture.close();
    await small.capture.close();

    expect(few.capture.counts()).toMatchObject({ dropped: { rate: 3, bytes: 0 } });
    expect(few.sent).toHaveLength(2);
    expect(small.capture.counts()).toMatchObject({ dropped: { rate: 0, bytes: 2, tooLong: 1 } });
    expect(small.sent).toHaveLength(3);
  });

  it('redacts before anything is handed on, mail addresses and long numbers by default', async () => {
    const { capture, sent } = await world({ captureShare: 1 });

    capture.offer(
      answered(
        'a',
        sure,
        'write to jörg.k+x@post.example or call +49 (30) 123-4567 at 10:30, card 4111 1111 1111 1111',
      ),
    );
    await capture.close();

    expect(sent[0]?.text).toBe('write to [redacted] or call [redacted] at 10:30, card [redacted]');
  });

  it('takes changed settings at the next text', async () => {
    const { capture, sent, set } = await world({});

    capture.offer(answered('a', sure, 'my secret'));
    await set({ captureShare: 1, captureRedact: ['secret'] });
    capture.offer(answered('b', sure, 'my secret'));
    await capture.close();
    await set({ captureShare: 1, captureRedact: ['my'] });
    capture.offer(answered('c', sure, 'my secret'));
    await capture.close();

    expect(sent.map(({ text }) => text)).toEqual(['my [redacted]', '[redacted] secret']);
  });

  it('counts what the outbox does not take, and fails by nothing', async () => {
    const { capture } = await world({ captureShare: 1 }, { post: () => Promise.reject(new Error('closed')) });

    capture.offer(answered('a', sure));
    await capture.close();

    expect(capture.counts()).toMatchObject({ captured: 0, dropped: { failed: 1 } });
  });
});

describe('redaction', () => {
  it('lets every pattern see the text as it came, and makes one of what overlaps', async () => {
    const redaction = new Redaction();

    const redacted = await redaction.apply('id 1234 and 99', ['[0-9]+', 'id [0-9]+']);

    expect(redacted).toBe('[redacted] and [redacted]');
  });

  it('counts in UTF-16 units, as texts are cut', async () => {
    const redacted = await new Redaction().apply('😀😀 secret 😀', ['secret']);

    expect(redacted).toBe('😀😀 [redacted] 😀');
  });

  it('gives a text up rather than send what it had no time to search', async () => {
    let now = 0;
    const redaction = new Redaction(() => (now += 60));

    const redacted = await redaction.apply('a a a a', ['a']);

    expect(redacted).toBeUndefined();
  });

  it('finds what a backtracking search would take for ever on', () => {
    const find = compileRedactPattern('(a+)+b');

    const found = find(`${'a'.repeat(5000)}c`, () => true);

    expect(found).toEqual([]);
  });
});

describe('patterns in the settings', () => {
  it.each([
    ['(', 'captureRedact.1'],
    ['(?=x)', 'captureRedact.1'],
    ['(x)\\1', 'captureRedact.1'],
    ['x*', 'found in an empty text'],
    ['x{900}', 'repeat less'],
  ])('that hold %s are refused with their place and reason', async (pattern, words) => {
    const parsing = parseSettings({ ...settingsExample, captureRedact: ['fine', pattern] }, 'here');

    await expect(parsing).rejects.toThrow(words);
  });

  it('are refused where nucleus lite would not take the value (fact L4)', async () => {
    const patterns = Array.from({ length: 5 }, () => 'x'.repeat(250));

    const parsing = parseSettings({ ...settingsExample, captureRedact: patterns }, 'here');

    await expect(parsing).rejects.toThrow('fact L4');
  });

  it('hold by default, though they are not looked at then', () => {
    expect(objectionToPatterns(DEFAULT_REDACT_PATTERNS)).toBeUndefined();
  });
});

describe('the budget of captures', () => {
  const limits = { perHour: 40, bytesPerDay: 1_000_000 };

  function budgetIn(file: string, now: () => number): CaptureBudget {
    const budget = new CaptureBudget(file, now);
    onTestFinished(() => budget.close()); // its folder goes only when it writes no more
    return budget;
  }

  /** Takes all that there is. */
  function drain(budget: CaptureBudget, sizeBytes = 1): number {
    let taken = 0;
    while (budget.take(sizeBytes, limits) === undefined) taken++;
    return taken;
  }

  it('lets no hour and no day see more than the limit, however it is drawn on', () => {
    let now = 0;
    const budget = budgetIn(path.join(tempFolder(), 'budget.json'), () => now);
    const bytes = budgetIn(path.join(tempFolder(), 'budget.json'), () => now);
    let samples = drain(budget);
    let sentBytes = drain(bytes, 100_000) * 100_000;

    for (let minute = 1; minute <= 60; minute++) {
      now = (minute * HOUR_MS) / 60;
      samples += drain(budget);
    }
    for (let hour = 2; hour <= 24; hour++) {
      now = (hour * DAY_MS) / 24;
      sentBytes += drain(bytes, 100_000) * 100_000;
    }

    expect(samples).toBe(40);
    expect(sentBytes).toBeGreaterThan(800_000);
    expect(sentBytes).toBeLessThanOrEqual(1_000_000);
  });

  it('goes on after a restart where it was', async () => {
    const file = path.join(tempFolder(), 'budget.json');
    const before = budgetIn(file, () => 0);
    const first = drain(before);
    await before.close();

    const after = budgetIn(file, () => HOUR_MS / 30);

    expect(first).toBe(10);
    expect(drain(after)).toBe(1);
    expect(readFileSync(file, 'utf8')).toContain('"schemaVersion":1');
  });

  it('begins anew where its file is damaged', () => {
    const file = path.join(tempFolder(), 'budget.json');
    writeFileSync(file, '{"samples":');

    const taken = drain(budgetIn(file, () => 0));

    expect(taken).toBe(10);
  });

  it('gives nothing for a clock that jumps back', () => {
    let now = HOUR_MS;
    const budget = budgetIn(path.join(tempFolder(), 'budget.json'), () => now);
    drain(budget);

    now = 0;
    const taken = drain(budget);

    expect(taken).toBe(0);
  });
});
