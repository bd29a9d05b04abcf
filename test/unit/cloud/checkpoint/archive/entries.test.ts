import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { openArchiveBytes, refuseTar } from '../../../../support/hostile/refusal.ts';
import { endMark, gnuLongName, paxHeader, tarEntry, tarFile } from '../../../../support/hostile/tar-bytes.ts';
import { tinyModel, tinyWeights } from '../../../../support/hostile/tiny-model.ts';
import { intentsMiniArchive } from '../../../../support/paths.ts';

const model = (folder = ''): Buffer[] =>
  Object.entries(tinyModel).map(([name, content]) => tarFile(`${folder}${name}`, content));

/** Packs entries with the library that other programs write archives with. */
async function packed(entries: Readonly<Record<string, string | Uint8Array>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(entries)) tar.entry({ name }, Buffer.from(content));
  tar.finalize();
  const chunks: Buffer[] = [];
  // A pack without an encoding yields buffers.
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

describe('an archive as training jobs leave it', () => {
  it.each(['', './', 'model/', './model/', 'a.b-c/'])('opens with its files below "%s"', async (folder) => {
    const bytes = gzipSync(Buffer.concat([...model(folder), endMark]));

    const checkpoint = await openArchiveBytes(bytes);

    expect(checkpoint.labels).toEqual(['no', 'yes']);
    expect([...checkpoint.tensors.keys()].toSorted()).toEqual(['classifier.bias', 'classifier.weight']);
  });

  it('opens as another library packs it, with code, checkpoints, logs and the crumbs of other systems ignored', async () => {
    const bytes = await packed({
      'code/config.json': '{',
      'code/inference.py': 'import os',
      'checkpoint-500/config.json': tinyModel['config.json'],
      'checkpoint-500/model.safetensors': tinyModel['model.safetensors'],
      '._model.safetensors': 'Mac OS X',
      '__MACOSX/._config.json': 'Mac OS X',
      '.ipynb_checkpoints/config.json': '{',
      'runs/events.out.tfevents': 'log',
      'deep/er/config.json': tinyModel['config.json'],
      'deep/er/model.safetensors': tinyModel['model.safetensors'],
      'training_args.bin': 'pickle',
      'optimizer.pt': 'pickle',
      ...tinyModel,
    });

    const checkpoint = await openArchiveBytes(bytes);

    expect(checkpoint.tensors.get('classifier.bias')?.read()).toEqual(Float32Array.of(0.5, -0.25));
  });

  it('opens without compression', async () => {
    const bytes = Buffer.concat([...model(), endMark]);

    const checkpoint = await openArchiveBytes(bytes);

    expect(checkpoint.source).toMatchObject({ kind: 'archive', sizeBytes: bytes.length });
  });

  it('opens in two gzip members, as parallel compressors write it', async () => {
    const bytes = Buffer.concat([...model(), endMark]);

    const checkpoint = await openArchiveBytes(
      Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))]),
    );

    expect(checkpoint.labels).toEqual(['no', 'yes']);
  });

  it.each<[string, Buffer[]]>([
    ['a pax header', [paxHeader({ path: 'model.safetensors', mtime: '1.5' }), tarFile('other', tinyWeights)]],
    ['the long name of GNU', [gnuLongName('model.safetensors'), tarFile('other', tinyWeights)]],
    ['a global header of times', [paxHeader({ comment: 'x' }, 'g'), tarFile('model.safetensors', tinyWeights)]],
    ['base 256', [tarEntry({ name: 'model.safetensors', size: base256(tinyWeights.length) }, tinyWeights)]],
    [
      'a size of its own',
      [paxHeader({ size: String(tinyWeights.length) }), tarEntry({ name: 'model.safetensors', size: 0 }, tinyWeights)],
    ],
  ])('reads a file that is described by %s', async (_, entries) => {
    const others = [tarFile('config.json', tinyModel['config.json']), tarFile('vocab.txt', tinyModel['vocab.txt'])];

    const checkpoint = await openArchiveBytes(gzipSync(Buffer.concat([...others, ...entries, endMark])));

    expect(checkpoint.tensors.size).toBe(2);
  });

  it('tells apart foreign names that are no UTF-8', async () => {
    const names = [Buffer.from('code/\xe8.txt', 'latin1'), Buffer.from('code/\xe9.txt', 'latin1')];
    const foreign = names.map((name) => tarEntry({ name }, 'x'));

    const checkpoint = await openArchiveBytes(gzipSync(Buffer.concat([...foreign, ...model(), endMark])));

    expect(checkpoint.labels).toEqual(['no', 'yes']);
  });

  it('gives the source the digest and size of the archive', async () => {
    const bytes = await readFile(intentsMiniArchive);

    const { source } = await openArchiveBytes(bytes);

    expect(source).toMatchObject({ kind: 'archive', name: 'model.tar.gz', sizeBytes: bytes.length });
  });
});

describe('an archive with more or less than one model', () => {
  const manyModels = Array.from({ length: 40 }, (_, index) => model(`f${index}/`)).flat();

  it.each([
    ['two folders', [...model('one/'), ...model('two/')], /at 'one\/' and 'two\/'/],
    ['the root and a folder', [...model(), ...model('two/')], /at the root and 'two\/'$/],
    ['many folders', manyModels, /at 'f0\/' and 'f1\/' and 'f2\/' and 37 places more$/],
  ])('is refused with both places: %s', async (_, entries, places) => {
    const refusal = await refuseTar(...entries, endMark);

    expect(refusal).toEqual({ code: 'MODEL_AMBIGUOUS', what: expect.stringMatching(places) });
  });

  it.each<[string, string, Buffer[]]>([
    ['nothing', 'CONFIG_NOT_FOUND', []],
    ['a model two folders down', 'CONFIG_NOT_FOUND', model('a/b/')],
    ['only what is never the model', 'CONFIG_NOT_FOUND', model('checkpoint-500/')],
    ['a config alone', 'WEIGHTS_NOT_FOUND', [tarFile('config.json', '{}')]],
    ['weights alone', 'CONFIG_NOT_FOUND', [tarFile('model.safetensors', tinyWeights)]],
    ['weights of TensorFlow', 'WEIGHTS_FRAMEWORK', [tarFile('config.json', '{}'), tarFile('tf_model.h5', 'x')]],
    ['an adapter', 'WEIGHTS_ADAPTER', [tarFile('config.json', '{}'), tarFile('adapter_model.safetensors', 'x')]],
  ])('is refused with what is missing: %s', async (_, code, entries) => {
    const refusal = await refuseTar(...entries, endMark);

    expect(refusal).toEqual({ code, what: expect.stringContaining("'model.tar.gz'") });
  });
});

/** A size as GNU writes what octal has no room for. */
function base256(size: number): Buffer {
  const field = Buffer.alloc(12);
  field[0] = 0x80;
  field.writeUInt32BE(size, 8);
  return field;
}
