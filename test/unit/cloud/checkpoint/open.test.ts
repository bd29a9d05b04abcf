import { chmod, mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCheckpoint } from '../../../../cloud/checkpoint/open.ts';
import { openFiles, refusalOf, refuseFiles } from '../../../support/hostile/refusal.ts';
import { tinyModel } from '../../../support/hostile/tiny-model.ts';
import { intentsMiniArchive } from '../../../support/paths.ts';
import { scratchFolder, writeFiles } from '../../../support/scratch.ts';

describe('openCheckpoint', () => {
  it('opens a SageMaker archive and removes what it unpacked when closed', async () => {
    const temporaryFolder = await mkdtemp(join(tmpdir(), 'verge-test-'));
    onTestFinished(() => rm(temporaryFolder, { recursive: true }));
    const checkpoint = await openCheckpoint(intentsMiniArchive, { temporaryFolder });

    const { modelType, task, problemType, labels, maxLength, parameters } = checkpoint;
    const table = checkpoint.tensors.get('embeddings.word_embeddings.weight')?.read();
    await checkpoint.close();
    await checkpoint.close();

    expect({ modelType, task, problemType, maxLength, parameters }).toEqual({
      modelType: 'bert',
      task: 'text-classification',
      problemType: 'single_label_classification',
      maxLength: 256,
      parameters: 5_427_351,
    });
    expect(labels).toHaveLength(151);
    expect(labels[0]).toBe('accept_reservations');
    expect(table?.every(Number.isFinite)).toBe(true);
    expect(await readdir(temporaryFolder)).toEqual([]);
  });

  it.each([0, 1, 40, 150])(
    'removes what it unpacked when it is aborted after %i pieces of the archive',
    async (pieces) => {
      const temporaryFolder = scratchFolder();
      const abort = new AbortController();
      const reason = new Error('enough');
      let seen = 0;
      const onProgress = () => {
        seen += 1;
        if (seen > pieces) abort.abort(reason);
      };

      const opened = openCheckpoint(intentsMiniArchive, { temporaryFolder, signal: abort.signal, onProgress });

      await expect(opened).rejects.toBe(reason);
      expect(await readdir(temporaryFolder)).toEqual([]);
    },
  );

  it('does not begin when it is aborted before', async () => {
    const reason = new Error('enough');

    const opened = openCheckpoint('nowhere', { signal: AbortSignal.abort(reason) });

    await expect(opened).rejects.toBe(reason);
  });

  it('cannot be read after it was closed', async () => {
    const checkpoint = await openFiles(tinyModel);
    const tensor = checkpoint.tensors.get('classifier.bias');
    await checkpoint.close();

    const read = () => tensor?.read();

    expect(read).toThrow(expect.objectContaining({ code: 'CHECKPOINT_CLOSED', fault: 'verge' }));
  });

  it('tells when a file is cut while it is open', async () => {
    const folder = scratchFolder();
    await writeFiles(folder, tinyModel);
    const checkpoint = await openCheckpoint(folder);
    onTestFinished(() => checkpoint.close());
    await truncate(join(folder, 'model.safetensors'), 100);

    const refusal = await refusalOf(() => checkpoint.tensors.get('classifier.weight')?.read());

    expect(refusal).toEqual({
      code: 'WEIGHTS_TRUNCATED',
      what: expect.stringMatching(/^model\.safetensors ends at byte \d+ /),
    });
  });

  it('tells what the file system says of a path below a file', async () => {
    const refusal = await refusalOf(() => openCheckpoint(join(intentsMiniArchive, 'model')));

    expect(refusal).toEqual({ code: 'CHECKPOINT_UNREADABLE', what: expect.stringContaining('ENOTDIR') });
  });

  it.each([['nowhere'], ['tmp/nowhere']])('tells that there is nothing at %s', async (path) => {
    const refusal = await refusalOf(() => openCheckpoint(path));

    expect(refusal).toEqual({
      code: 'CHECKPOINT_NOT_FOUND',
      what: expect.stringMatching(/^There is nothing at '.*nowhere'$/),
    });
  });

  it('tells that the folder for temporary files is not there, and not that the archive is not', async () => {
    const temporaryFolder = join(scratchFolder(), 'nowhere');

    const refusal = await refusalOf(() => openCheckpoint(intentsMiniArchive, { temporaryFolder }));

    expect(refusal).toEqual({
      code: 'TEMPORARY_FOLDER_UNUSABLE',
      what: expect.stringContaining(`made in '${temporaryFolder}'`),
    });
  });

  it('refuses a device', async () => {
    const refusal = await refusalOf(() => openCheckpoint('/dev/null'));

    expect(refusal).toEqual({ code: 'FILE_NOT_REGULAR', what: "'/dev/null' is neither a file nor a folder" });
  });
});

describe('openCheckpoint on a folder', () => {
  it('follows links, as caches of model hubs are made of them', async () => {
    const folder = scratchFolder();
    await writeFiles(join(folder, 'blobs'), { '.c0ffee': tinyModel['model.safetensors'] });
    await writeFiles(folder, { 'config.json': tinyModel['config.json'], 'vocab.txt': tinyModel['vocab.txt'] });
    await symlink(join(folder, 'blobs/.c0ffee'), join(folder, 'model.safetensors'));

    const checkpoint = await openCheckpoint(folder);
    onTestFinished(() => checkpoint.close());

    expect(checkpoint.source.kind).toBe('folder');
    expect(checkpoint.tensors.size).toBe(2);
  });

  it.each([
    ['a link to nothing', (path: string) => symlink('nowhere', path)],
    ['a link to a device', (path: string) => symlink('/dev/zero', path)],
  ])('refuses %s in place of a file', async (_, make) => {
    const folder = scratchFolder();
    await writeFiles(folder, { 'config.json': tinyModel['config.json'], 'vocab.txt': tinyModel['vocab.txt'] });
    await make(join(folder, 'model.safetensors'));

    const refusal = await refusalOf(() => openCheckpoint(folder));

    expect(refusal).toEqual({ code: 'FILE_NOT_REGULAR', what: expect.stringContaining('model.safetensors') });
  });

  it('opens what a training job leaves: the model beside its checkpoints', async () => {
    const checkpoints = Object.entries(tinyModel).map(([name, content]) => [`checkpoint-20/${name}`, content]);

    const { source, tensors } = await openFiles({
      ...tinyModel,
      ...Object.fromEntries(checkpoints),
      'training_args.bin': 'x',
    });

    expect(source).toMatchObject({ kind: 'folder', sizeBytes: tinyModel['model.safetensors'].length });
    expect(tensors.size).toBe(2);
  });

  it('takes safetensors before pickled weights', async () => {
    const { tensors } = await openFiles({ ...tinyModel, 'pytorch_model.bin': 'os.system' });

    expect(tensors.get('classifier.bias')?.storedType).toBe('F32');
  });

  it('refuses one that holds no model', async () => {
    const refusal = await refuseFiles({ 'README.md': 'hello' });

    expect(refusal).toEqual({
      code: 'CONFIG_NOT_FOUND',
      what: expect.stringContaining('neither at its root nor one folder down'),
    });
  });
});

describe('openCheckpoint on a single .safetensors', () => {
  it('takes the config.json and the tokenizer beside it, under any name of its own', async () => {
    const folder = scratchFolder();
    const { 'model.safetensors': weights, ...others } = tinyModel;
    await writeFiles(folder, { ...others, 'final weights.safetensors': weights, 'model.safetensors': 'another' });

    const checkpoint = await openCheckpoint(join(folder, 'final weights.safetensors'));
    onTestFinished(() => checkpoint.close());

    expect(checkpoint.source).toMatchObject({
      kind: 'file',
      name: 'final weights.safetensors',
      sizeBytes: weights.length,
    });
    expect(checkpoint.tensors.size).toBe(2);
  });

  it('does not look into the folders beside it', async () => {
    const folder = scratchFolder();
    await writeFiles(folder, tinyModel);
    await mkdir(join(folder, 'other'));
    await writeFile(join(folder, 'other/config.json'), '{');
    await symlink('nowhere', join(folder, 'vocab.json'));
    await chmod(join(folder, 'other'), 0o000);
    onTestFinished(() => chmod(join(folder, 'other'), 0o700));

    const checkpoint = await openCheckpoint(join(folder, 'model.safetensors'));
    onTestFinished(() => checkpoint.close());

    expect(checkpoint.labels).toEqual(['no', 'yes']);
  });

  it('asks for the config.json beside it', async () => {
    const folder = scratchFolder();
    await writeFiles(folder, { 'model.safetensors': tinyModel['model.safetensors'] });

    const refusal = await refusalOf(() => openCheckpoint(join(folder, 'model.safetensors')));

    expect(refusal).toEqual({ code: 'CONFIG_NOT_FOUND', what: "There is no config.json beside 'model.safetensors'" });
  });
});
