import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classifyCommandExample,
  classifyCommandSchema,
  classifyCommandShellSchema,
  controlCommandExample,
  controlCommandSchema,
  controlCommandShellSchema,
  MAX_TEXTS_PER_COMMAND,
} from '../../../../component/contract/command.ts';
import { messageExamples } from '../../../../component/contract/envelope.ts';
import { MESSAGE_SCHEMA_VERSION } from '../../../../component/contract/parts.ts';
import { type ReadOutcome, readJson, readVersioned } from '../../../../component/contract/read-json.ts';
import { readMessage } from '../../../../component/contract/read-message.ts';
import { TELEMETRY_STREAMS } from '../../../../component/contract/topics.ts';

const LIMIT = 128 * 1024;
const TOPIC = 'dt/verge/bakeries/oven-17/result';
const { result } = messageExamples;

/** Every reader of the wire, with a payload that it takes. */
const READERS: readonly [string, (payload: Uint8Array) => ReadOutcome<unknown>, unknown][] = [
  ...TELEMETRY_STREAMS.map(
    (stream) =>
      [
        `messages of the ${stream} stream`,
        (payload: Uint8Array) => readMessage(`dt/verge/bakeries/oven-17/${stream}`, payload),
        messageExamples[stream],
      ] as [string, (payload: Uint8Array) => ReadOutcome<unknown>, unknown],
  ),
  ['classify commands', (payload) => readVersioned(classifyCommandSchema, 1, payload), classifyCommandExample],
  [
    'shells of classify commands',
    (payload) => readVersioned(classifyCommandShellSchema, 1, payload),
    classifyCommandExample,
  ],
  ['control commands', (payload) => readVersioned(controlCommandSchema, 1, payload), controlCommandExample],
  [
    'shells of control commands',
    (payload) => readVersioned(controlCommandShellSchema, 1, payload),
    controlCommandExample,
  ],
];

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function codeOf(outcome: ReadOutcome<unknown>): string {
  return outcome.ok ? 'OK' : outcome.failure.code;
}

/** An outcome is a value, or a known code with one bounded sentence; and the bytes are as they came. */
function expectSound(read: (payload: Uint8Array) => ReadOutcome<unknown>, payload: Uint8Array): void {
  const original = Buffer.from(payload);

  const outcome = read(payload);

  expect(Buffer.from(payload).equals(original)).toBe(true);
  if (outcome.ok) return;
  expect(outcome.failure.code).toMatch(/^MESSAGE_[A-Z0-9_]+$/);
  expect(outcome.failure.message.length).toBeGreaterThan(10);
  expect(outcome.failure.message.length).toBeLessThan(1200);
}

/** Paths of everything in a value. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...inner.flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

/** The value with one place replaced; undefined takes it away. */
function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((child, index) => (index === key ? replaced(child, rest, by) : child));
  return Object.fromEntries(
    Object.entries(value as object).map(([name, child]) => [name, name === key ? replaced(child, rest, by) : child]),
  );
}

/** The prototypes of all objects in a value. */
function prototypesOf(value: unknown): Set<unknown> {
  if (typeof value !== 'object' || value === null) return new Set();
  const inner = Object.values(value).flatMap((child) => [...prototypesOf(child)]);
  return new Set([Object.prototype, Array.prototype, Object.getPrototypeOf(value), ...inner]);
}

const hostileValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    undefined,
    null,
    '',
    -0,
    -1,
    1e308,
    2 ** 53,
    0.1,
    '\ud800',
    '\udfff x',
    '\0',
    '__proto__',
    'x'.repeat(5000),
  ),
  fc.constantFrom(
    [],
    {},
    [[]],
    [null],
    Array(3000).fill(0),
    Object.fromEntries(
      Array(500)
        .fill(0)
        .map((_, i) => [i, i]),
    ),
  ),
);

const edits = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('set', 'insert', 'delete', 'cut'),
    byte: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 8 },
);

function edited(payload: Uint8Array, list: readonly { at: number; kind: string; byte: number }[]): Uint8Array {
  let bytes = [...payload];
  for (const { at, kind, byte } of list) {
    const place = at % (bytes.length + 1);
    if (kind === 'set' && place < bytes.length) bytes[place] = byte;
    if (kind === 'insert') bytes.splice(place, 0, byte);
    if (kind === 'delete') bytes.splice(place, 1 + (byte % 16));
    if (kind === 'cut' && byte < 32) bytes = bytes.slice(0, place);
  }
  return Uint8Array.from(bytes);
}

describe.each(READERS)('the reader of %s', (_name, read, example) => {
  it('takes the example', () => {
    expect(read(bytesOf(example)).ok).toBe(true);
  });

  it('never throws whatever the bytes, and leaves them as they are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (payload) => expectSound(read, payload)));
  });

  it('never throws when bytes of a good message are changed, added, taken out or cut off', () => {
    fc.assert(
      fc.property(edits, (list) => expectSound(read, edited(bytesOf(example), list))),
      { numRuns: 300 },
    );
  });

  it('never throws when any one place of a good message holds anything, or nothing', () => {
    const paths = pathsOf(example);
    fc.assert(
      fc.property(fc.constantFrom(...paths), hostileValue, (path, value) => {
        expectSound(read, bytesOf(JSON.stringify(replaced(example, path, value)) ?? ''));
      }),
      { numRuns: 300 },
    );
  });

  it('takes a message of exactly 128 KB, and none that is a byte larger', () => {
    const text = JSON.stringify(example);
    const full = bytesOf(text + ' '.repeat(LIMIT - Buffer.byteLength(text)));
    const over = bytesOf(text + ' '.repeat(LIMIT + 1 - Buffer.byteLength(text)));

    expect(codeOf(read(full))).toBe('OK');
    expect(codeOf(read(over))).toBe('MESSAGE_TOO_LARGE');
  });

  it('refuses every version but its own, and what is no version', () => {
    const path = pathsOf(example).find((found) => found.at(-1) === 'schemaVersion') ?? [];
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (version) => {
        fc.pre(version !== MESSAGE_SCHEMA_VERSION);
        expect(codeOf(read(bytesOf(replaced(example, path, version))))).toBe('MESSAGE_VERSION_UNKNOWN');
      }),
    );
    for (const strange of ['1', null, undefined, [1], { valueOf: 1 }, true]) {
      expect(codeOf(read(bytesOf(replaced(example, path, strange))))).toBe('MESSAGE_INVALID');
    }
  });

  it('lets nobody reach a prototype', () => {
    const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
    const more = keys.map((key) => `${JSON.stringify(key)}:{"polluted":true,"schemaVersion":1,"toString":1}`).join(',');
    const text = JSON.stringify(example).replaceAll('{', `{${more},`);

    const outcome = read(bytesOf(text));

    expect(codeOf(outcome)).toBe('OK');
    expect(prototypesOf(outcome)).toEqual(new Set([Object.prototype, Array.prototype]));
    expect('polluted' in {}).toBe(false);
  });
});

describe('readJson', () => {
  it('takes 32 levels and refuses 33, whatever opens them', () => {
    const nested = (levels: number, open: string, close: string): Uint8Array =>
      bytesOf(`${open.repeat(levels)}1${close.repeat(levels)}`);

    const codes = [32, 33].flatMap((levels) => [
      codeOf(readJson(nested(levels, '[', ']'))),
      codeOf(readJson(nested(levels, '{"a":', '}'))),
    ]);

    expect(codes).toEqual(['OK', 'OK', 'MESSAGE_TOO_DEEP', 'MESSAGE_TOO_DEEP']);
  });

  it('agrees with JSON.parse on everything of bounded depth', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.constantFrom('', ' ', ']', '"', '\\', '\ufeff', '\0'), (json, more) => {
        const text = more + json;
        let expected: unknown = 'NOT JSON';
        try {
          expected = JSON.parse(text);
        } catch {}

        const outcome = readJson(bytesOf(text));

        expect(outcome.ok ? outcome.value : 'NOT JSON').toEqual(expected);
      }),
    );
  });

  it.each([
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a cut character', [0x22, 0xe2, 0x82, 0x22]],
    ['beyond Unicode', [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22]],
  ])('refuses what is no UTF-8: %s', (_name, bytes) => {
    expect(codeOf(readJson(Uint8Array.from(bytes)))).toBe('MESSAGE_NOT_UTF8');
  });
});

describe('readMessage', () => {
  it.each([
    ['"seq":42', '"seq":1e999'],
    ['"seq":42', '"seq":-1'],
    ['"seq":42', '"seq":42.5'],
    ['"seq":42', '"seq":9007199254740993'],
    ['"score":0.9731', '"score":1e999'],
    ['"score":0.9731', '"score":"0.9731"'],
    ['"tokenCount":8', '"tokenCount":-8'],
    ['"model":0', '"model":1'],
    ['"model":0', '"model":-1'],
    ['"queue":0.3', '"queue":-1e999'],
  ])('refuses the number of %s as %s', (from, to) => {
    const text = JSON.stringify(result);
    expect(text).toContain(from);

    const outcome = readMessage(TOPIC, bytesOf(text.replace(from, to)));

    expect(codeOf(outcome)).toBe('MESSAGE_INVALID');
  });

  it('takes the last of two fields of one name, as JSON.parse does, and checks that one', () => {
    const text = JSON.stringify(result);

    const lastIsGood = readMessage(TOPIC, bytesOf(text.replace('"seq":42', '"seq":"x","seq":42')));
    const lastIsBad = readMessage(TOPIC, bytesOf(text.replace('"seq":42', '"seq":42,"seq":"x"')));

    expect(codeOf(lastIsGood)).toBe('OK');
    expect(codeOf(lastIsBad)).toBe('MESSAGE_INVALID');
  });

  it('keeps hostile texts of a sender as they are', () => {
    const text = '\ud800 \u0000 \u001b[31m "]}\\ \u202e __proto__';
    const [first] = result.data.results;
    const message = {
      ...result,
      data: { ...result.data, results: [{ ...first, requestId: '__proto__', text, label: text }] },
    };

    const outcome = readMessage(TOPIC, bytesOf(message));

    expect(outcome.ok && outcome.value.envelope.data).toMatchObject({
      results: [{ requestId: '__proto__', text, label: text }],
    });
  });

  it('says of a wrong result which field of which result it is', () => {
    const [first, second] = result.data.results;
    const [wrongScore, wrongError, wrongAll] = [
      { ...second, score: 'x' },
      { ...result.data.results[2], error: {} },
      7,
    ].map((wrong) => readMessage(TOPIC, bytesOf({ ...result, data: { ...result.data, results: [first, wrong] } })));

    expect(wrongScore).toMatchObject({ failure: { message: expect.stringContaining('results.1.score: ') } });
    expect(wrongError).toMatchObject({ failure: { message: expect.stringContaining('results.1.error.code: ') } });
    expect(wrongAll).toMatchObject({ failure: { message: expect.stringContaining('results.1: ') } });
  });

  it('takes a message on its own topic alone', () => {
    const payload = bytesOf(result);
    fc.assert(
      fc.property(fc.nat(TOPIC.length - 1), fc.string({ minLength: 1, maxLength: 3 }), (at, put) => {
        const topic = TOPIC.slice(0, at) + put + TOPIC.slice(at + 1);
        fc.pre(topic !== TOPIC);

        expect(readMessage(topic, payload).ok).toBe(false);
      }),
    );
    expect(readMessage(`${TOPIC}\0`, payload).ok).toBe(false);
    expect(readMessage('x'.repeat(1_000_000), payload).ok).toBe(false);
  });
});

describe('the shell of a classify command', () => {
  it('takes texts yet unread, up to their number', () => {
    const command = (texts: unknown[]): ReadOutcome<unknown> =>
      readVersioned(classifyCommandShellSchema, 1, bytesOf({ schemaVersion: 1, texts }));

    const codes = [
      [null, 7, {}, { id: 'a', text: 'x' }],
      Array(MAX_TEXTS_PER_COMMAND).fill(0),
      Array(MAX_TEXTS_PER_COMMAND + 1).fill(0),
      [],
    ].map((texts) => codeOf(command(texts)));

    expect(codes).toEqual(['OK', 'OK', 'MESSAGE_INVALID', 'MESSAGE_INVALID']);
  });
});
