import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/altered-checkpoint.ts';
import { intentsMiniArchive, repositoryPath } from '../../support/paths.ts';

const program = repositoryPath('dist/cloud/verge.js');

/** Compiles in a process of its own; answers every file of the bundle. */
async function compile(source: string, cwd: string, environment: NodeJS.ProcessEnv): Promise<Map<string, Buffer>> {
  const words = [program, 'compile', source, '--out', 'bundle', '--name', 'same', '--json'];
  const options = ['--samples', repositoryPath('test/models/intents-mini/samples.tsv'), '--reject-label', 'oos'];
  const child = spawn(process.execPath, [...words, ...options], {
    cwd,
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  const folder = path.join(cwd, 'bundle');
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name))]));
}

test('the same input gives the same bytes, in another folder, time zone and language', async () => {
  const [here, there] = [temporaryFolder(), path.join(temporaryFolder(), 'ein anderer Ordner')];
  mkdirSync(there);
  cpSync(intentsMiniArchive, path.join(there, 'model.tar.gz'));

  const one = await compile(intentsMiniArchive, here, { TZ: 'Pacific/Kiritimati', LC_ALL: 'C', LANG: 'C' });
  const other = await compile('model.tar.gz', there, { TZ: 'America/Anchorage', LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE' });

  expect([...one.keys()]).toEqual([
    'MODEL_CARD.md',
    'golden.jsonl',
    'manifest.json',
    'model.bin',
    'model.onnx',
    'tokenizer.json',
  ]);
  const differing = [...one].filter(([name, bytes]) => !other.get(name)?.equals(bytes)).map(([name]) => name);
  expect([differing, other.size]).toEqual([[], one.size]);
});
