import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../../component/contract/envelope.ts';
import { readMessage } from '../../../../component/contract/read-message.ts';
import { markReplay } from '../../../../component/outbox/mark-replay.ts';
import type { PendingResult } from '../../../../component/outbox/pending-result.ts';
import { ResultMessage } from '../../../../component/outbox/result-message.ts';
import { answered, anyResult } from '../../../support/results.ts';

const LONGEST = {
  place: { fleet: 'f'.repeat(63), thing: 't'.repeat(128) },
  boot: 'b'.repeat(32),
  runtimeVersion: 'v'.repeat(64),
};
const SOURCE = { place: { fleet: 'bakeries', thing: 'oven-17' }, boot: 'b1', runtimeVersion: '0.1.0' };
const TIME = new Date('2026-05-04T09:21:07.310Z');

function pack(results: readonly PendingResult[], maxBytes: number, source = SOURCE): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  let open = new ResultMessage(source, maxBytes);
  const seal = (): void => {
    payloads.push(open.seal(payloads.length + 1, TIME));
    open = new ResultMessage(source, maxBytes);
  };
  for (const result of results) {
    if (open.add(result)) continue;
    seal();
    expect(open.add(result)).toBe(true);
  }
  if (open.count > 0) seal();
  return payloads;
}

function read(payload: Uint8Array, source = SOURCE): Envelope<'result'> {
  const outcome = readMessage(`dt/verge/${source.place.fleet}/${source.place.thing}/result`, payload);
  if (!outcome.ok) throw new Error(outcome.failure.message);
  if (outcome.value.stream !== 'result') throw new Error(outcome.value.stream);
  return outcome.value.envelope;
}

describe('a result message', () => {
  it('is never over its limit, and holds every result once and in order, whatever the results', () => {
    fc.assert(
      fc.property(fc.array(anyResult, { maxLength: 30 }), fc.integer({ min: 2048, max: 8000 }), (results, maxBytes) => {
        const payloads = pack(results, maxBytes, LONGEST);

        for (const payload of payloads) expect(payload.byteLength).toBeLessThanOrEqual(maxBytes);
        const ids = payloads.flatMap((payload) =>
          read(payload, LONGEST).data.results.map(({ requestId }) => requestId),
        );
        expect(ids).toEqual(results.map(({ requestId }) => requestId));
      }),
    );
  });

  it('counts its bytes exactly, as they are with the longest sequence number', () => {
    fc.assert(
      fc.property(fc.array(anyResult, { minLength: 1, maxLength: 10 }), (results) => {
        const message = new ResultMessage(SOURCE, 100_000);
        for (const result of results) message.add(result);

        const payload = message.seal(Number.MAX_SAFE_INTEGER, TIME);

        expect(payload.byteLength).toBe(message.bytes);
      }),
    );
  });

  it('says nothing that the contract does not know', () => {
    fc.assert(
      fc.property(fc.array(anyResult, { minLength: 1, maxLength: 10 }), (results) => {
        for (const payload of pack(results, 8000)) {
          expect(read(payload)).toEqual(JSON.parse(Buffer.from(payload).toString('utf8')));
        }
      }),
    );
  });

  it('names each model once, and each result its own', () => {
    const model = { name: 'other', version: '2.0.0', digest: '0'.repeat(64) };

    const [payload = new Uint8Array()] = pack([answered('a'), answered('b', { model }), answered('c')], 5120);

    const { data } = read(payload);
    expect(data.models.map(({ name }) => name)).toEqual(['intents-mini', 'other']);
    expect(data.results.map((result) => 'model' in result && result.model)).toEqual([0, 1, 0]);
  });

  it('holds at least 20 plain results in 5 KB', () => {
    const results = Array.from({ length: 20 }, (_, index) => answered(`call-${index}`, { runnersUp: [] }));

    const payloads = pack(results, 5120);

    expect(payloads).toHaveLength(1);
  });

  it('trims a result that no message could hold, a little at first', () => {
    const runnersUp = Array.from({ length: 100 }, () => ({ label: 'l'.repeat(250), score: 0.1 }));
    const text = 'x'.repeat(1000);

    const [withText] = pack([answered('a', { runnersUp, text })], 5120);
    const [bare] = pack([answered('a', { runnersUp, text: 'x'.repeat(6000) })], 5120);
    const [barest] = pack([answered('a', { labels: runnersUp })], 5120);

    expect(read(withText ?? new Uint8Array()).data.results[0]).toMatchObject({ text, runnersUp: [], trimmed: true });
    expect(read(bare ?? new Uint8Array()).data.results[0]).not.toHaveProperty('text');
    expect(read(barest ?? new Uint8Array()).data.results[0]).not.toHaveProperty('labels');
    expect(read(barest ?? new Uint8Array()).data.results[0]).toMatchObject({ label: 'alarm', trimmed: true });
  });

  it('tells of a result that cannot be trimmed enough, instead of losing it', () => {
    const label = '\u0001'.repeat(256);
    const huge = answered('\u0001'.repeat(128), { label, rejected: { bestLabel: label, bestScore: 0.1 } });

    const [payload] = pack([huge], 2048, LONGEST);

    expect(read(payload ?? new Uint8Array(), LONGEST).data.results[0]).toMatchObject({
      requestId: huge.requestId,
      error: { code: 'OUTBOX_RESULT_TOO_LARGE' },
    });
  });

  it('holds no more results than its reader takes', () => {
    const message = new ResultMessage(SOURCE, 1_000_000);

    let taken = 0;
    while (message.add({ requestId: 'a', observedAt: TIME.toISOString(), error: { code: 'E', message: '' } })) taken++;

    expect(taken).toBe(2000);
  });

  it('is marked as a replay by its flag alone, whatever the texts say', () => {
    const [payload = new Uint8Array()] = pack([answered('"replay":false', { text: '"replay":false' })], 5120);

    const again = read(markReplay(payload));

    expect(again.data.replay).toBe(true);
    expect({ ...again.data, replay: false }).toEqual(read(payload).data);
  });
});
