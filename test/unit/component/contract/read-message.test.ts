import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageExamples } from '../../../../component/contract/envelope.ts';
import { readMessage } from '../../../../component/contract/read-message.ts';
import { TELEMETRY_STREAMS } from '../../../../component/contract/topics.ts';

const TOPIC = 'dt/verge/bakeries/oven-17/result';
const { result } = messageExamples;

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function codeOf(payload: Uint8Array, topic = TOPIC): string {
  const outcome = readMessage(topic, payload);
  return outcome.ok ? 'OK' : outcome.failure.code;
}

describe('readMessage', () => {
  it.each(TELEMETRY_STREAMS)('reads the example of the %s stream', (stream) => {
    const outcome = readMessage(`dt/verge/bakeries/oven-17/${stream}`, bytesOf(messageExamples[stream]));

    expect(outcome).toEqual({
      ok: true,
      value: { stream, place: { fleet: 'bakeries', thing: 'oven-17' }, envelope: messageExamples[stream] },
    });
  });

  it('ignores fields that it does not know, at every level', () => {
    const newer = {
      ...result,
      subject: 'x',
      data: { ...result.data, more: {}, results: result.data.results.map((item) => ({ ...item, more: [1] })) },
    };

    const outcome = readMessage(TOPIC, bytesOf(newer));

    expect(outcome.ok && outcome.value.envelope).toEqual(result);
  });

  it('tells what is wrong by a code of its own', () => {
    const { data } = result;
    const cases: readonly [string, Uint8Array, string?][] = [
      ['MESSAGE_TOO_LARGE', new Uint8Array(128 * 1024 + 1)],
      ['MESSAGE_NOT_UTF8', Uint8Array.of(0x22, 0xc3, 0x28, 0x22)],
      ['MESSAGE_NOT_JSON', bytesOf('{"a":')],
      ['MESSAGE_TOO_DEEP', bytesOf('['.repeat(60_000))],
      ['MESSAGE_TOO_DEEP', bytesOf(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)],
      ['MESSAGE_TYPE_UNKNOWN', bytesOf({ ...result, type: 'dev.verge.health.v1' })],
      ['MESSAGE_TYPE_UNKNOWN', bytesOf(result), 'dt/verge/bakeries/oven-17/other'],
      ['MESSAGE_TYPE_UNKNOWN', bytesOf(result), 'cmd/verge/bakeries/oven-17/classify'],
      ['MESSAGE_VERSION_UNKNOWN', bytesOf({ ...result, type: 'dev.verge.result.v2' })],
      ['MESSAGE_VERSION_UNKNOWN', bytesOf({ ...result, data: { ...data, schemaVersion: 2 } })],
      ['MESSAGE_SENDER_MISMATCH', bytesOf(result), 'dt/verge/bakeries/oven-18/result'],
      ['MESSAGE_SENDER_MISMATCH', bytesOf({ ...result, id: 'oven-17:mfq2k0a1x7c9:43' })],
      ['MESSAGE_SENDER_MISMATCH', bytesOf({ ...result, source: 'dt/verge/cafes/oven-17/result' })],
      ['MESSAGE_INVALID', bytesOf('null')],
      ['MESSAGE_INVALID', bytesOf({ ...result, data: { ...data, seq: 1e300 } })],
      ['MESSAGE_INVALID', bytesOf({ ...result, data: { ...data, models: [] } })],
      ['MESSAGE_INVALID', bytesOf({ ...result, data: { ...data, results: [] } })],
      ['MESSAGE_INVALID', bytesOf({ ...result, data: { ...data, schemaVersion: '1' } })],
      ['MESSAGE_INVALID', bytesOf('{"__proto__":{"specversion":"1.0"},"constructor":{"prototype":{}}}')],
    ];

    const codes = cases.map(([, payload, topic]) => codeOf(payload, topic));

    expect(codes).toEqual(cases.map(([code]) => code));
  });

  it('counts brackets outside of strings only', () => {
    const text = `${'['.repeat(200)}\\"${'{'.repeat(200)}`;
    const first = { ...result.data.results[0], text };

    const code = codeOf(bytesOf({ ...result, data: { ...result.data, results: [first] } }));

    expect(code).toBe('OK');
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (payload, topic) => {
        expect(readMessage(TOPIC, payload).ok).toBe(false);
        expect(readMessage(topic, payload).ok).toBe(false);
      }),
    );
  });

  it('never throws and changes no prototype, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom('data', 'id', 'time', 'type'), (json, field) => {
        const hostile = JSON.stringify(result).replace(`"${field}":`, `"${field}":${json},"__proto__":${json},"was":`);

        readMessage(TOPIC, bytesOf(hostile));
        readMessage(TOPIC, bytesOf(json));

        expect(Object.keys(Object.prototype)).toEqual([]);
        expect(({} as Record<string, unknown>).specversion).toBeUndefined();
      }),
    );
  });

  it('never throws when one place of a good message is replaced by anything', () => {
    const places = ['boot', 'seq', 'replay', 'models', 'results', 'runtimeVersion', 'schemaVersion'] as const;
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
        const outcome = readMessage(TOPIC, bytesOf({ ...result, data: { ...result.data, [place]: value } }));

        expect(typeof outcome.ok).toBe('boolean');
      }),
    );
  });
});
