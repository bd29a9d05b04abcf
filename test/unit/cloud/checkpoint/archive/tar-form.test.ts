import { describe, expect, it } from 'vitest';
import { limits } from '../../../../../cloud/checkpoint/limits.ts';
import { refuseTar } from '../../../../support/hostile/refusal.ts';
import {
  endMark,
  gnuLongName,
  paxHeader,
  tarEntry,
  tarFile,
  tarHeader,
} from '../../../../support/hostile/tar-bytes.ts';
import { tinyModel } from '../../../../support/hostile/tiny-model.ts';

const config = tarFile('config.json', tinyModel['config.json']);
const at = config.length;

describe('a header that cannot be trusted is refused with its offset', () => {
  it.each<[string, Buffer, string]>([
    ['a wrong checksum', tarHeader({ checksumError: 1 }), 'does not agree with its checksum'],
    ['noise', Buffer.alloc(512, 0xab), 'does not agree with its checksum'],
    ['the form before POSIX', tarHeader({ magic: '\0\0\0\0\0\0\0\0' }), 'is of a form before POSIX ustar'],
    ['a size that is no number', tarHeader({ size: 'twelve\0' }), 'gives no size that can be read'],
    ['a negative size in text', tarHeader({ size: '-0000000001\0' }), 'gives no size that can be read'],
    ['a negative size in base 256', tarHeader({ size: Buffer.alloc(12, 0xff) }), 'gives no size that can be read'],
    ['a size beyond float64', tarHeader({ size: Buffer.from([0x80, ...Array(11).fill(0xff)]) }), 'gives no size'],
    ['a size of digits that are not octal', tarHeader({ size: '00000000008\0' }), 'gives no size that can be read'],
    ['an empty size', tarHeader({ size: ' '.repeat(12) }), 'gives no size that can be read'],
    ['a folder with a size', tarEntry({ name: 'x', type: '5' }, 'hidden'), "gives the folder 'x' a size"],
    ['a file that ends in a slash', tarEntry({ name: 'x/' }, 'hidden'), "gives the folder 'x/' a size"],
  ])('%s', async (_, header, what) => {
    const refusal = await refuseTar(config, header, endMark);

    expect(refusal.code).toBe('TAR_HEADER_BAD');
    expect(refusal.what).toContain(`header at byte ${at} `);
    expect(refusal.what).toContain(what);
  });

  it.each<[string, string]>([
    ['no length', 'path=x\n'],
    ['a length beyond the header', '99 path=x\n'],
    ['a length of 0', '0 path=x\n'],
    ['a length with a zero before it', '010 path=x\n'],
    ['a length that is too short', '5 path=x\n'],
    ['a length of many digits', '9999999999999 path=x\n'],
    ['no equals sign', '8 pathx\n'],
    ['no line feed', '9 path=xx'],
    ['a negative size', '11 size=-1\n'],
    ['a size in hexadecimal', '12 size=0xF\n'],
    ['a size of many digits', '27 size=99999999999999999999\n'],
  ])('a pax header with %s', async (_, body) => {
    const refusal = await refuseTar(config, tarEntry({ type: 'x' }, body), tarFile('x', 'x'), endMark);

    expect(refusal).toEqual({ code: 'TAR_HEADER_BAD', what: expect.stringContaining(`header at byte ${at} `) });
  });

  it.each(['path', 'size'])('a global header that gives all entries one %s', async (key) => {
    const refusal = await refuseTar(config, paxHeader({ [key]: '1' }, 'g'), tarFile('x', 'x'), endMark);

    expect(refusal).toEqual({ code: 'TAR_HEADER_BAD', what: expect.stringContaining(`global header at byte ${at} `) });
  });

  it('a pax size that makes the next header part of the file', async () => {
    const refusal = await refuseTar(config, paxHeader({ size: '2000' }), tarFile('vocab.txt', 'x'), endMark);

    expect(refusal).toEqual({ code: 'TAR_TRUNCATED', what: expect.stringContaining("in the middle of 'vocab.txt'") });
  });

  it('a pax size that makes the file the next header', async () => {
    const refusal = await refuseTar(config, paxHeader({ size: '0' }), tarFile('vocab.txt', 'words'), endMark);

    expect(refusal).toEqual({ code: 'TAR_HEADER_BAD', what: expect.stringContaining('checksum') });
  });
});

describe('headers that describe an entry are bounded', () => {
  const large = limits.tarMetadataBytes;

  it.each<[string, Buffer]>([
    ['pax', paxHeader({ comment: 'x'.repeat(large) })],
    ['GNU', gnuLongName('x'.repeat(large))],
    ['pax, by its size alone', tarHeader({ type: 'x', size: 0o77777777777 })],
    ['GNU, by its size alone', tarHeader({ type: 'K', size: 0o77777777777 })],
    ['a global one', paxHeader({ comment: 'x'.repeat(large) }, 'g')],
  ])('one large header: %s', async (_, header) => {
    const refusal = await refuseTar(config, header, tarFile('x', 'x'), endMark);

    expect(refusal).toEqual({ code: 'TAR_METADATA_TOO_LARGE', what: expect.stringContaining(`byte ${at} `) });
  });

  it('empty headers without end', async () => {
    const headers = Array.from({ length: large / 512 + 1 }, () => tarHeader({ type: 'x' }));

    const refusal = await refuseTar(config, ...headers, tarFile('x', 'x'), endMark);

    expect(refusal.code).toBe('TAR_METADATA_TOO_LARGE');
  });
});

describe('an archive that has no end, or goes on after it, is refused with the offset', () => {
  const whole = Buffer.concat([config, tarFile('vocab.txt', tinyModel['vocab.txt']), endMark]);

  it.each([
    ['within a header', at + 100],
    ['before a body', at + 512],
    ['within a body', at + 520],
    ['within the padding', at + 1000],
    ['before the mark of its end', whole.length - 1024],
    ['within the mark of its end', whole.length - 512],
    ['within the second block of the mark', whole.length - 1],
    ['at once', 0],
  ])('cut %s', async (_, length) => {
    const refusal = await refuseTar(whole.subarray(0, length));

    expect(refusal).toEqual({ code: 'TAR_TRUNCATED', what: expect.stringMatching(/^The archive ends at byte \d+ /) });
  });

  it('another archive behind it', async () => {
    const refusal = await refuseTar(whole, config, endMark);

    expect(refusal).toEqual({ code: 'TAR_TRAILING', what: expect.stringContaining(`at byte ${whole.length} `) });
  });

  it('an entry between the two blocks of the mark', async () => {
    const refusal = await refuseTar(config, endMark.subarray(0, 512), tarFile('vocab.txt', 'x'), endMark);

    expect(refusal).toEqual({ code: 'TAR_TRAILING', what: expect.stringContaining(`at byte ${at + 512} `) });
  });
});
