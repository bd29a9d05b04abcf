import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GetComponentCommand } from '@aws-sdk/client-greengrassv2';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openBundle } from '../../../component/models/open-bundle.ts';
import { HAND_OVER_FILE } from '../../../recipes/model-recipe.ts';
import { RUNTIME_ZIPS } from '../../../recipes/runtime-recipe.ts';
import { testAccountId, testRegion } from '../../support/aws-stack.ts';
import { type CompiledBundle, compileIntentsMini } from '../../support/compiled-bundle.ts';
import { sha256, unpack } from '../../support/component-zip.ts';
import type { GreengrassStack } from '../../support/greengrass-stack.ts';
import { repositoryPath } from '../../support/paths.ts';
import { startPublishingStack, testBucket, writesOf } from '../../support/publishing.ts';
import { scratchFolder } from '../../support/scratch.ts';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let bundle: CompiledBundle;
beforeAll(() => {
  bundle = compileIntentsMini('--name', 'intents');
});
afterAll(() => bundle.remove());

/** Runs the built command line against a stack. @param onStart is given its process */
function verge(
  stack: GreengrassStack,
  words: readonly string[],
  more: { readonly environment?: object; readonly onStart?: (kill: () => void) => void } = {},
): Promise<Run> {
  const child = spawn(process.execPath, [repositoryPath('dist/cloud/verge.js'), 'publish', ...words], {
    env: {
      PATH: process.env.PATH,
      TMPDIR: process.env.TMPDIR,
      VERGE_BUCKET: testBucket,
      ...stack.environment,
      ...more.environment,
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  more.onStart?.(() => child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...said })));
}

/** Artifacts of a component version by file name: where, and with which digest. */
async function artifactsOf(
  stack: GreengrassStack,
  component: string,
  version: string,
): Promise<Map<string, { uri: string; digest: string }>> {
  const arn = `arn:aws:greengrass:${testRegion}:${testAccountId}:components:${component}:versions:${version}`;
  const { recipe = [] } = await stack.greengrass().send(new GetComponentCommand({ arn }));
  const { Manifests } = JSON.parse(Buffer.from(recipe).toString()) as {
    Manifests: { Artifacts: { Uri: string; Digest: string }[] }[];
  };
  const all = Manifests.flatMap(({ Artifacts }) => Artifacts);
  return new Map(all.map(({ Uri, Digest }) => [path.basename(Uri), { uri: Uri, digest: Digest }]));
}

async function fetchArtifact(stack: GreengrassStack, uri: string, file: string): Promise<void> {
  const Key = uri.replace(`s3://${testBucket}/`, '');
  const { Body } = await stack.s3().send(new GetObjectCommand({ Bucket: testBucket, Key }));
  writeFileSync(file, (await Body?.transformToByteArray()) ?? '');
}

/** Zips as large as the runtime's, of bytes that are none. */
function runtimeFolder(): string {
  const folder = scratchFolder();
  for (const zip of Object.values(RUNTIME_ZIPS)) writeFileSync(path.join(folder, zip), randomBytes(20 * 1024 * 1024));
  return folder;
}

describe('verge publish', () => {
  it('publishes a bundle as one zip of the helper and the bundle, and the second time changes nothing', async () => {
    const stack = await startPublishingStack();

    const first = await verge(stack, [bundle.folder, '--json']);
    const writes = writesOf(stack);
    const second = await verge(stack, [bundle.folder]);

    expect(first).toMatchObject({ code: 0 });
    expect(JSON.parse(first.stdout)).toMatchObject({
      component: 'verge.model.intents',
      version: '1.0.0',
      change: 'published',
    });
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('already there') });
    expect(writesOf(stack)).toEqual(writes);
    const [artifact] = (await artifactsOf(stack, 'verge.model.intents', '1.0.0')).values();
    const folder = scratchFolder();
    await fetchArtifact(stack, artifact?.uri ?? '', path.join(folder, 'intents.zip'));
    expect(Buffer.from(sha256(path.join(folder, 'intents.zip')), 'hex').toString('base64')).toBe(artifact?.digest);
    await unpack(path.join(folder, 'intents.zip'), folder);
    const shipped = await openBundle(path.join(folder, 'bundle'));
    expect(shipped.digest).toBe((await openBundle(bundle.folder)).digest);
    expect(readFileSync(path.join(folder, HAND_OVER_FILE))).toEqual(
      readFileSync(repositoryPath('dist/component/hand-over.mjs')),
    );
  });

  it('says in a dry run what it then does, call by call, and does none of it', async () => {
    const stack = await startPublishingStack();
    const before = writesOf(stack);

    const dry = await verge(stack, [bundle.folder, '--dry-run', '--json']);
    const untouched = writesOf(stack);
    const done = await verge(stack, [bundle.folder]);
    const again = await verge(stack, [bundle.folder, '--dry-run']);

    expect([dry.code, done.code, again.code]).toEqual([0, 0, 0]);
    expect(untouched).toEqual(before);
    const { calls } = JSON.parse(dry.stdout) as { calls: { call: string; target: string }[] };
    expect(calls.map(({ call }) => call.split(':')[1])).toEqual(writesOf(stack).slice(before.length));
    const [artifact] = (await artifactsOf(stack, 'verge.model.intents', '1.0.0')).values();
    expect(calls.map(({ target }) => target)).toEqual([artifact?.uri, 'verge.model.intents 1.0.0']);
    expect(again.stdout).toContain('nothing would be done');
  });

  it('is one sentence and exit code 2 where the version is taken by another bundle', async () => {
    const stack = await startPublishingStack();
    await verge(stack, [bundle.folder]);
    const other = compileIntentsMini('--name', 'intents', '--reject-label', 'oos');
    onTestFinished(() => other.remove());

    const refused = await verge(stack, [other.folder, '--json']);

    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'PUBLISH_VERSION_TAKEN' } });
    expect(refused.stderr).toContain('the next free version is 1.0.1');
  });

  it('takes a bundle and its signed self for two things, and warns of the unsigned one where signatures are required', async () => {
    const stack = await startPublishingStack();
    const signed = path.join(scratchFolder(), 'bundle');
    cpSync(bundle.folder, signed, { recursive: true });
    writeFileSync(path.join(signed, 'model.sig'), '{}\n');
    const environment = { VERGE_SIGNATURES: 'required' };

    const plain = await verge(stack, [bundle.folder], { environment });
    const other = await verge(stack, [signed], { environment });

    expect(plain.stderr).toContain('is not signed');
    expect(other.stderr).toContain('PUBLISH_VERSION_TAKEN');
    expect(other.stderr).not.toContain('is not signed');
  });

  it('goes on after it was killed in the middle of the runtime, for both architectures', async () => {
    const stack = await startPublishingStack();
    const from = runtimeFolder();
    const words = ['--runtime', '--from', from, '--component-version', '1.2.3', '--json'];
    const count = (operation: string): number => writesOf(stack).filter((one) => one === operation).length;

    const killed = await verge(stack, words, {
      onStart: (kill) => void vi.waitUntil(() => count('UploadPart') > 1, { timeout: 30_000, interval: 2 }).then(kill),
    });
    const finished = await verge(stack, words);

    expect(killed.code).toBe(null);
    expect(JSON.parse(finished.stdout)).toMatchObject({
      component: 'verge.Runtime',
      version: '1.2.3',
      change: 'published',
    });
    expect(count('CreateMultipartUpload')).toBe(2);
    const artifacts = await artifactsOf(stack, 'verge.Runtime', '1.2.3');
    const digests = Object.values(RUNTIME_ZIPS).map((zip) =>
      Buffer.from(sha256(path.join(from, zip)), 'hex').toString('base64'),
    );
    expect([...artifacts.values()].map(({ digest }) => digest)).toEqual(digests);
  });

  it('asks for either a bundle or the runtime, and for a runtime that is built', async () => {
    const stack = await startPublishingStack();
    const empty = scratchFolder();

    const neither = await verge(stack, []);
    const both = await verge(stack, [bundle.folder, '--runtime']);
    const unbuilt = await verge(stack, ['--runtime', '--from', empty]);

    expect([neither, both, unbuilt].map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(neither.stderr).toContain('COMMAND_PUBLISH_WHAT');
    expect(unbuilt.stderr).toContain('npm run build:component');
  });
});
