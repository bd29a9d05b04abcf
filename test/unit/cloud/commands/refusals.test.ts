import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compileCommand } from '../../../../cloud/commands/compile.ts';
import { runCommandLine } from '../../../../cloud/commands/run-command.ts';
import { endMark, tarEntry, tarFile } from '../../../support/hostile/tar-bytes.ts';
import { tinyModel, withConfig } from '../../../support/hostile/tiny-model.ts';
import { intentsMiniArchive } from '../../../support/paths.ts';
import { scratchFolder } from '../../../support/scratch.ts';

interface Outcome {
  readonly exitCode: number;
  readonly said: string;
  readonly answered: string;
  /** What stands in the folder of temporary files and beside the bundle afterwards. */
  readonly left: readonly string[];
}

/** `verge compile SOURCE --out out/bundle …`, with temporary files in a folder of its own. */
async function compile(source: Uint8Array | string, ...more: readonly string[]): Promise<Outcome> {
  const folder = scratchFolder();
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = temporary;
  onTestFinished(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  const path = typeof source === 'string' ? source : join(folder, 'model.tar.gz');
  if (typeof source !== 'string') await writeFile(path, source);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const words = ['compile', path, '--out', join(folder, 'out/bundle'), ...more];
  const environment = { stdout, stderr, environment: {}, signal: new AbortController().signal };
  const exitCode = await runCommandLine([compileCommand], '0.0.0', words, environment);
  stdout.end();
  stderr.end();
  const left = [...(await readdir(temporary)), ...(await readdir(folder))].filter(
    (name) => name !== 'model.tar.gz' && name !== 'tmp',
  );
  return { exitCode, said: await text(stderr), answered: await text(stdout), left };
}

const tarOf = (files: Readonly<Record<string, Uint8Array | string>>) =>
  gzipSync(Buffer.concat([...Object.entries(files).map(([name, content]) => tarFile(name, content)), endMark]));

describe('verge compile refuses with one sentence, exit code 2 and nothing left', () => {
  it.each<[string, Uint8Array | string, string]>([
    ['what is not there', '/nowhere/model.tar.gz', 'CHECKPOINT_NOT_FOUND'],
    ['an empty file', Buffer.alloc(0), 'FORMAT_UNKNOWN'],
    ['a text', Buffer.from('hello'), 'FORMAT_UNKNOWN'],
    ['half an archive', tarOf(tinyModel).subarray(0, 200), 'GZIP_TRUNCATED'],
    ['an archive with something behind it', Buffer.concat([tarOf(tinyModel), Buffer.from('more')]), 'GZIP_TRAILING'],
    ['an archive that escapes', tarOf({ ...tinyModel, '../../x': 'x' }), 'ARCHIVE_ENTRY_ESCAPES'],
    ['a link', gzipSync(Buffer.concat([tarEntry({ name: 'config.json', type: '2' }), endMark])), 'ARCHIVE_ENTRY_LINK'],
    ['an archive of code', tarOf({ 'code/train.py': 'import os' }), 'CONFIG_NOT_FOUND'],
    ['another family', tarOf(withConfig({ model_type: 'gpt2' })), 'MODEL_TYPE_UNSUPPORTED'],
    ['another head', tarOf(withConfig({ architectures: ['BertForMaskedLM'] })), 'HEAD_NOT_CLASSIFICATION'],
    ['a head without its encoder', tarOf(tinyModel), 'TENSOR_MISSING'],
    ['a tokenizer that is none', tarOf({ ...tinyModel, 'tokenizer.json': '{}' }), 'TOKENIZER_INVALID'],
    [
      'a pickle of code',
      tarOf({ 'config.json': '{"model_type":"bert"}', 'pytorch_model.bin': 'cos\nsystem\n' }),
      'PICKLE_NOT_ZIP',
    ],
  ])('%s', async (_, source, code) => {
    const { exitCode, said, answered, left } = await compile(source);

    expect(said.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^verge: .*\\. \\[${code}\\]$`));
    expect({ exitCode, answered, left }).toEqual({ exitCode: 2, answered: '', left: [] });
  });

  it.each<[string, string[], string]>([
    ['--name', ['--name', 'A b'], 'COMPILE_NAME_INVALID'],
    ['--model-version', ['--model-version', 'one'], 'COMPILE_VERSION_INVALID'],
    ['--precision', ['--precision', 'int4'], 'COMMAND_OPTION_INVALID'],
    ['--max-length beyond the model', ['--max-length', '257'], 'MAX_LENGTH_TOO_LARGE'],
    ['--max-length of no number', ['--max-length', 'long'], 'COMMAND_OPTION_INVALID'],
    ['--samples', ['--samples', '/nowhere.tsv'], 'DATASET_UNREADABLE'],
    ['--reject-label', ['--reject-label', 'nope'], 'COMPILE_REJECT_LABEL_UNKNOWN'],
    ['--keep-fp32', ['--keep-fp32', 'nope'], 'COMPILE_KEEP_FP32_UNKNOWN'],
    ['--out of a file', ['--out', intentsMiniArchive], 'BUNDLE_OUT_NOT_FOLDER'],
    ['--out of a file, even with --force', ['--out', intentsMiniArchive, '--force'], 'BUNDLE_OUT_NOT_FOLDER'],
    ['--out below a file', ['--out', `${intentsMiniArchive}/out`], 'BUNDLE_OUT_NOT_FOLDER'],
    ['--out that is taken', ['--out', '/etc'], 'BUNDLE_OUT_EXISTS'],
    ['--out where nobody may write', ['--out', '/proc/bundle'], 'BUNDLE_OUT_UNWRITABLE'],
    ['--out below where nobody may write', ['--out', '/proc/x/bundle'], 'BUNDLE_OUT_UNWRITABLE'],
  ])('a bad %s', async (_, words, code) => {
    const { exitCode, said, answered, left } = await compile(intentsMiniArchive, ...words);

    expect(said.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^verge: .*\\. \\[${code}\\]$`));
    expect({ exitCode, answered, left }).toEqual({ exitCode: 2, answered: '', left: [] });
  });

  it('tells a machine with --json', async () => {
    const { exitCode, answered } = await compile(await readFile(intentsMiniArchive), '--json', '--max-length', '257');

    expect(JSON.parse(answered)).toEqual({
      error: { code: 'MAX_LENGTH_TOO_LARGE', message: expect.stringContaining('257') },
    });
    expect(exitCode).toBe(2);
  });
});
