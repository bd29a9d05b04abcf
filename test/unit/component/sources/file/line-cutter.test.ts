import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, LineCutter } from '../../../../../component/sources/file/line-cutter.ts';

function cut(content: Buffer, sizes: readonly number[], maxBytes: number): Line[] {
  const cutter = new LineCutter(0, maxBytes);
  const lines: Line[] = [];
  const scratch = Buffer.alloc(content.length); // overwritten by every read, as the reader's is
  let at = 0;
  for (let turn = 0; at < content.length; turn++) {
    const size = Math.min(sizes[turn % sizes.length] ?? 1, content.length - at);
    content.copy(scratch, 0, at, at + size);
    lines.push(...cutter.push(scratch.subarray(0, size)));
    at += size;
  }
  const rest = cutter.rest();
  return rest ? [...lines, rest] : lines;
}

describe('cutting lines', () => {
  it('gives the same lines however the bytes come', () => {
    const contents = fc.array(fc.oneof(fc.constant(10), fc.integer({ min: 0, max: 255 })), { maxLength: 200 });
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(contents, sizes, fc.integer({ min: 1, max: 30 }), (bytes, chunks, maxBytes) => {
        const content = Buffer.from(bytes);

        const lines = cut(content, chunks, maxBytes);

        const expected = content.toString('latin1').split('\n');
        if (expected.at(-1) === '') expected.pop();
        const found = lines.map(({ bytes: kept }) => kept?.toString('latin1'));
        expect(found).toEqual(expected.map((line) => (line.length > maxBytes ? undefined : line)));
        expect(lines.map(({ start }) => start)).toEqual([0, ...lines.map(({ end }) => end)].slice(0, lines.length));
        expect(lines.at(-1)?.end ?? 0).toBe(content.length);
      }),
    );
  });
});
