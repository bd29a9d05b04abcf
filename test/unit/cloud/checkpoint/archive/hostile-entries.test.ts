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

/** What is already written to disk when the hostile entry comes. */
const before = [tarFile('config.json', tinyModel['config.json']), tarFile('vocab.txt', tinyModel['vocab.txt'])];

describe('a path that leads elsewhere is refused by name', () => {
  const paths: [path: string, reason: string][] = [
    ['/etc/cron.d/x', 'has an absolute path'],
    ['//model.safetensors', 'has an absolute path'],
    ['C:/model.safetensors', 'has an absolute path'],
    ['../model.safetensors', 'leads out of the archive'],
    ['model/../../model.safetensors', 'leads out of the archive'],
    ['code/..', 'leads out of the archive'],
    ['model\\model.safetensors', 'has a backslash in its path'],
  ];

  it.each(paths)('%s', async (path, reason) => {
    const refusal = await refuseTar(...before, tarFile(path, 'x'), endMark);

    expect(refusal.code).toBe('ARCHIVE_ENTRY_ESCAPES');
    expect(refusal.what).toBe(`Entry ${shown(path)} ${reason}`);
  });

  it.each(paths)('%s, told by a pax header', async (path, reason) => {
    const refusal = await refuseTar(...before, paxHeader({ path }), tarFile('harmless.txt', 'x'), endMark);

    expect(refusal).toEqual({ code: 'ARCHIVE_ENTRY_ESCAPES', what: `Entry ${shown(path)} ${reason}` });
  });

  it.each(paths)('%s, told by the long name of GNU', async (path, reason) => {
    const refusal = await refuseTar(...before, gnuLongName(path), tarFile('harmless.txt', 'x'), endMark);

    expect(refusal).toEqual({ code: 'ARCHIVE_ENTRY_ESCAPES', what: `Entry ${shown(path)} ${reason}` });
  });

  it.each(['folder', 'file'])('a %s in the prefix of the header', async (kind) => {
    const refusal = await refuseTar(
      tarEntry({ name: 'config.json', prefix: '..', type: kind === 'folder' ? '5' : '0' }),
      endMark,
    );

    expect(refusal).toEqual({ code: 'ARCHIVE_ENTRY_ESCAPES', what: expect.stringContaining("'../config.json'") });
  });

  it.each<[string, Buffer]>([
    ['pax', paxHeader({ path: 'config.json\0.txt' })],
    ['GNU', gnuLongName('config.json\0.txt')],
  ])('a NUL in the name of a %s header', async (_, header) => {
    const refusal = await refuseTar(header, tarFile('harmless.txt', 'x'), endMark);

    expect(refusal).toEqual({
      code: 'ARCHIVE_ENTRY_ESCAPES',
      what: "Entry 'config.json\\u0000.txt' has a NUL in its path",
    });
  });

  it('shows the commands of a terminal in a name and does not obey them', async () => {
    const refusal = await refuseTar(
      paxHeader({ path: '../\u001b[2J\u202e\u0085' }),
      tarFile('harmless.txt', 'x'),
      endMark,
    );

    expect(refusal.what).toBe("Entry '../\\u001b[2J\\u202e\\u0085' leads out of the archive");
  });
});

describe('an entry that is no file and no folder is refused by name', () => {
  it.each([
    ['1', 'ARCHIVE_ENTRY_LINK', 'is a hard link'],
    ['2', 'ARCHIVE_ENTRY_LINK', 'is a symbolic link'],
    ['3', 'ARCHIVE_ENTRY_DEVICE', 'is a character device'],
    ['4', 'ARCHIVE_ENTRY_DEVICE', 'is a block device'],
    ['6', 'ARCHIVE_ENTRY_DEVICE', 'is a named pipe'],
    ['S', 'ARCHIVE_ENTRY_SPARSE', 'is a sparse file'],
    ['V', 'ARCHIVE_ENTRY_UNKNOWN', "is of the unknown type 'V'"],
    ['\x1b', 'ARCHIVE_ENTRY_UNKNOWN', "is of the unknown type '\\u001b'"],
  ])('type %j', async (type, code, what) => {
    const refusal = await refuseTar(...before, tarEntry({ name: 'model.safetensors', type }), endMark);

    expect(refusal).toEqual({ code, what: `Entry 'model.safetensors' ${what}` });
  });

  it('a symbolic link in a folder that is ignored', async () => {
    const refusal = await refuseTar(...before, tarEntry({ name: 'code/passwd', type: '2' }), endMark);

    expect(refusal.code).toBe('ARCHIVE_ENTRY_LINK');
  });

  it('a sparse file as pax announces it', async () => {
    const at = Buffer.concat(before).length;

    const refusal = await refuseTar(...before, paxHeader({ 'GNU.sparse.major': '1' }), tarFile('x', 'x'), endMark);

    expect(refusal).toEqual({ code: 'ARCHIVE_ENTRY_SPARSE', what: expect.stringContaining(`header at byte ${at} `) });
  });
});

describe('entries beyond their number, length and size are refused', () => {
  it.each([
    ['the same path', 'config.json'],
    ['the same place', './config.json'],
    ['the same place, told by a pax header', ''],
  ])('%s twice', async (_, path) => {
    const again = path === '' ? paxHeader({ path: './/config.json' }) : Buffer.alloc(0);

    const refusal = await refuseTar(...before, again, tarFile(path || 'x', '{}'), endMark);

    expect(refusal).toEqual({ code: 'ARCHIVE_ENTRY_TWICE', what: "The archive has 'config.json' twice" });
  });

  it('a path that is longer than the limit', async () => {
    const path = `code/${'x'.repeat(limits.entryPathBytes)}`;

    const refusal = await refuseTar(...before, paxHeader({ path }), tarFile('x', 'x'), endMark);

    expect(refusal).toEqual({
      code: 'ARCHIVE_PATH_TOO_LONG',
      what: expect.stringContaining(`${limits.entryPathBytes} bytes`),
    });
  });

  it('too many entries', async () => {
    const entries = Array.from({ length: limits.archiveEntries + 1 }, (_, index) =>
      tarHeader({ name: `code/${index}` }),
    );

    const refusal = await refuseTar(...entries, endMark);

    expect(refusal).toEqual({ code: 'ARCHIVE_TOO_MANY_ENTRIES', what: 'The archive has more than 10000 entries' });
  });

  it.each([
    ['config.json', limits.configBytes],
    ['tokenizer.json', limits.tokenizerBytes],
    ['vocab.txt', limits.vocabularyBytes],
    ['model.safetensors.index.json', limits.shardIndexBytes],
    ['model.safetensors', limits.weightsBytes],
    ['pytorch_model.bin', limits.weightsBytes],
  ])('a %s that claims more than %i bytes, before a byte of it is read', async (name, maxBytes) => {
    const refusal = await refuseTar(paxHeader({ size: String(maxBytes + 1) }), tarHeader({ name }));

    expect(refusal).toEqual({
      code: 'FILE_TOO_LARGE',
      what: `'${name}' is ${maxBytes + 1} bytes long, more than ${maxBytes}`,
    });
  });
});

/** As messages quote it. */
function shown(path: string): string {
  return `'${path.replaceAll('\\', '\\\\')}'`;
}
