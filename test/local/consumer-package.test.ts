import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { Aedes } from 'aedes';
import { transformSync } from 'esbuild';
import { publint } from 'publint';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { messageExamples } from '../../component/contract/envelope.ts';
import { startDevice } from '../support/device.ts';
import { OVEN } from '../support/messages.ts';
import { repositoryPath } from '../support/paths.ts';

const example = readFileSync(repositoryPath('docs/examples/consume.ts'), 'utf8');
/** A result's id, label and score. */
const ANSWER = /^oven-17:b1:\d+:\d+ alarm 0\.97$/;

describe('the package entry verge/consumer', () => {
  let folder = '';
  let tarball = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'verge-package-'));
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
      cwd: repositoryPath('.'),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    tarball = path.join(folder, readdirSync(folder)[0] ?? '');
    // As an installation lays it out, with what it needs at hand: no registry is asked.
    const modules = path.join(folder, 'node_modules');
    mkdirSync(path.join(modules, 'verge'), { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', path.join(modules, 'verge'), '--strip-components', '1']);
    for (const name of ['mqtt', 'zod', '@types'])
      symlinkSync(repositoryPath(`node_modules/${name}`), path.join(modules, name));
    writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
    return () => rmSync(folder, { recursive: true, force: true });
  });

  it('is what publint has nothing to say against', async () => {
    const { messages } = await publint({ pkgDir: path.join(folder, 'node_modules/verge'), strict: true });

    expect(messages.filter(({ type }) => type !== 'suggestion')).toEqual([]);
  });

  it('has types that are right wherever ES modules are', async () => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));

    if (result.types === false) throw new Error('the package has no types');
    // It is an ES module alone: `require` and the resolution of Node 10 don't know it, and don't have to.
    const modern = result.problems.filter(
      (problem) => !('resolutionKind' in problem) || !['node10', 'node16-cjs'].includes(problem.resolutionKind),
    );
    expect(Object.keys(result.entrypoints)).toContain('./consumer');
    expect(modern).toEqual([]);
  });

  it('needs mqtt and nothing native', () => {
    const source = readFileSync(path.join(folder, 'node_modules/verge/dist/consumer/index.js'), 'utf8');

    const needed = [...source.matchAll(/(?:^import .*? from |import\(|require\()"([^"]+)"/gm)].map(([, name]) => name);
    expect([...new Set(needed)].filter((name) => !name?.startsWith('node:'))).toEqual(['mqtt']);
  });

  it.each(['node16', 'bundler'])('gives the worked consumer its types by %s resolution', (resolution) => {
    const file = path.join(folder, `typed-${resolution}.ts`);
    writeFileSync(
      file,
      `${example}\n// @ts-expect-error: were the types lost, this would pass\nconsume({ brokr: 1 });\n`,
    );
    const module = resolution === 'node16' ? 'node16' : 'esnext';
    const options = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      'false',
      '--target',
      'es2022',
      '--types',
      'node',
      '--module',
      module,
    ];

    const compile = (): Buffer =>
      execFileSync(
        process.execPath,
        [repositoryPath('node_modules/typescript/bin/tsc'), ...options, '--moduleResolution', resolution, file],
        { cwd: folder, stdio: 'pipe' },
      );

    expect(compile).not.toThrow();
  });

  it('runs the worked consumer of docs/consume.md against a broker', async () => {
    const broker = await startAudibleBroker();
    const program = path.join(folder, 'consume.js');
    writeFileSync(program, transformSync(example, { loader: 'ts', target: 'node20' }).code);
    const child = spawn(process.execPath, [program, broker.url], { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = once(child, 'exit');
    onTestFinished(() => void child.kill('SIGKILL'));
    await broker.subscribed;
    const device = await startDevice(broker.url, OVEN);

    await device.answer(['a', 'b']);
    await device.drain();

    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const printed = [(await lines.next()).value, (await lines.next()).value];
    expect(printed).toEqual([expect.stringMatching(ANSWER), expect.stringMatching(ANSWER)]);
    expect(printed[0]).not.toBe(printed[1]);
    child.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
  });
});

it('the worked Lambda function makes rows of a message as an IoT rule hands it over', async () => {
  const { handler } = await import(repositoryPath('docs/examples/lambda.mjs'));

  const rows = await handler({ ...messageExamples.result, thing: 'oven-17' });

  expect(rows).toMatchObject([
    { id: 'oven-17:mfq2k0a1x7c9:42:0', label: 'alarm', score: 0.9731, model: 'intents-mini 1.2.0' },
    { id: 'oven-17:mfq2k0a1x7c9:42:1', label: 'oos' },
  ]);
  await expect(handler({ type: 'dev.verge.result.v2' })).rejects.toThrow('unknown type dev.verge.result.v2');
});

it('docs/consume.md holds the worked consumers as they are run', () => {
  const page = readFileSync(repositoryPath('docs/consume.md'), 'utf8');

  for (const name of ['consume.ts', 'consume.py', 'lambda.mjs']) {
    expect(page).toContain(`\n${readFileSync(repositoryPath(`docs/examples/${name}`), 'utf8')}\`\`\``);
  }
});

/** A broker that tells when somebody has subscribed. */
async function startAudibleBroker(): Promise<{ readonly url: string; readonly subscribed: Promise<void> }> {
  const aedes = await Aedes.createBroker();
  const subscribed = new Promise<void>((resolve) => aedes.once('subscribe', () => resolve()));
  const server = createServer(aedes.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { url: `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, subscribed };
}
