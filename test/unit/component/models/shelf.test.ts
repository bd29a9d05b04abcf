import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Shelf } from '../../../../component/models/shelf/shelf.ts';
import { type CompiledBundle, compileIntentsMini } from '../../../support/compiled-bundle.ts';
import { changeManifest, flipByte } from '../../../support/tampered-bundle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

let compiled: CompiledBundle;
beforeAll(() => {
  compiled = compileIntentsMini();
});
afterAll(() => compiled.remove());

function copyOfBundle(): string {
  const folder = path.join(temporaryFolder(), 'bundle');
  cpSync(compiled.folder, folder, { recursive: true });
  return folder;
}

describe('Shelf', () => {
  it('keeps a copy that has no need of its source', async () => {
    const source = copyOfBundle();
    const shelf = new Shelf(path.join(temporaryFolder(), 'models'));

    const bundle = await shelf.take(source);
    await shelf.makeCurrent(bundle);
    rmSync(source, { recursive: true });

    expect(await shelf.names()).toEqual(['intents-mini']);
    expect(await shelf.currentFolder('intents-mini')).toBe(bundle.folder);
    expect(existsSync(bundle.modelPath)).toBe(true);
  });

  it('goes on with the one before until the next is made current', async () => {
    const shelf = new Shelf(path.join(temporaryFolder(), 'models'));
    const before = await shelf.take(compiled.folder);
    await shelf.makeCurrent(before);
    const changed = copyOfBundle();
    changeManifest(changed, (manifest) => ({ ...manifest, version: '2.0.0' }));

    const next = await shelf.take(changed);
    const between = await shelf.currentFolder('intents-mini');
    await shelf.makeCurrent(next);
    await shelf.prune('intents-mini', next.digest);

    expect(between).toBe(before.folder);
    expect(await shelf.currentFolder('intents-mini')).toBe(next.folder);
    expect(existsSync(before.folder)).toBe(false);
  });

  it('leaves nothing of a bundle that does not hold', async () => {
    const folder = path.join(temporaryFolder(), 'models');
    const shelf = new Shelf(folder);
    const damaged = copyOfBundle();
    flipByte(path.join(damaged, 'tokenizer.json'));
    const short = copyOfBundle();
    writeFileSync(path.join(short, 'model.bin'), 'short');

    await expect(shelf.take(damaged)).rejects.toMatchObject({ code: 'BUNDLE_FILE_DIGEST' });
    await expect(shelf.take(short)).rejects.toMatchObject({ code: 'BUNDLE_FILE_SIZE' });

    expect(readdirSync(folder)).toEqual([]);
  });

  it('never copies a file that the manifest does not name', async () => {
    const source = copyOfBundle();
    writeFileSync(path.join(source, 'extra.sh'), 'echo');
    const shelf = new Shelf(path.join(temporaryFolder(), 'models'));

    const bundle = await shelf.take(source);

    expect(existsSync(path.join(bundle.folder, 'extra.sh'))).toBe(false);
  });

  it('discards what did not come to serve, and never what is current', async () => {
    const shelf = new Shelf(path.join(temporaryFolder(), 'models'));
    const current = await shelf.take(compiled.folder);
    await shelf.makeCurrent(current);

    await shelf.discard(current);

    expect(existsSync(current.folder)).toBe(true);
  });

  it('clears away what a crash left half-written, and takes a damaged note of what is current for none', async () => {
    const folder = path.join(temporaryFolder(), 'models');
    mkdirSync(path.join(folder, '.partial-abc'), { recursive: true });
    mkdirSync(path.join(folder, 'intents-mini'));
    writeFileSync(path.join(folder, 'intents-mini', 'current.json'), '{"digest":"../../../etc"}');
    const shelf = new Shelf(folder);

    expect(await shelf.names()).toEqual([]);

    expect(readdirSync(folder)).toEqual(['intents-mini']);
  });

  it('says so when the copy cannot be written', async () => {
    const file = path.join(temporaryFolder(), 'a-file');
    writeFileSync(file, '');

    const taken = new Shelf(path.join(file, 'models')).take(compiled.folder);

    await expect(taken).rejects.toMatchObject({ code: 'MODEL_SHELF_WRITE' });
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});
