import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { onTestFinished, vi } from 'vitest';
import { connectPublishing, type Publishing, type PublishingOptions } from '../../cloud/aws/publishing.ts';
import { carryOut, type Outcome } from '../../cloud/publish/carry-out.ts';
import { openArtifact } from '../../cloud/publish/open-artifact.ts';
import { type Plan, planPublication } from '../../cloud/publish/plan.ts';
import type { Publication } from '../../cloud/publish/publication.ts';
import { type GreengrassStack, type GreengrassStackOptions, startGreengrassStack } from './greengrass-stack.ts';

export const testBucket = 'verge-test';
/** The least that S3 takes. */
export const partBytes = 5 * 1024 * 1024;

/** A stack with a bucket, to which the SDK's own environment variables point in this test. */
export async function startPublishingStack(options: GreengrassStackOptions = {}): Promise<GreengrassStack> {
  const stack = await startGreengrassStack(options);
  await stack.s3().send(new CreateBucketCommand({ Bucket: testBucket }));
  for (const [name, value] of Object.entries(stack.environment)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return stack;
}

export async function openTestPublishing(options: Partial<PublishingOptions> = {}): Promise<Publishing> {
  const signal = new AbortController().signal;
  const usual = { settings: { retryBaseMs: 1 }, bucket: testBucket, kmsKey: undefined, signal };
  const publishing = await connectPublishing({ ...usual, ...options });
  onTestFinished(() => publishing.close());
  return publishing;
}

/** A component of one zip whose bytes say `content`, as long as is wanted. */
export async function publicationOf(content: string, sizeBytes = 1000, version = '1.0.0'): Promise<Publication> {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-publication-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'kiosk.zip');
  writeFileSync(file, Buffer.alloc(sizeBytes, content));
  const artifact = await openArtifact(file, partBytes);
  return {
    component: 'com.example.Kiosk',
    version,
    identity: artifact.sha256,
    artifacts: [artifact],
    recipe: (uriOf) =>
      JSON.stringify({
        RecipeFormatVersion: '2020-01-25',
        ComponentName: 'com.example.Kiosk',
        ComponentVersion: version,
        Manifests: [
          {
            Platform: { os: 'linux', runtime: '*' },
            Lifecycle: { run: 'exec sleep infinity' },
            Artifacts: [{ Uri: uriOf('kiosk.zip'), Unarchive: 'ZIP' }],
          },
        ],
      }),
  };
}

/** Plans and carries out, and resolves with both. */
export async function publish(
  stack: GreengrassStack,
  publication: Publication,
  { store, registry, annotate }: Publishing,
  more: { readonly kmsKey?: string; readonly signal?: AbortSignal } = {},
): Promise<{ plan: Plan; outcome: Outcome }> {
  const { kmsKey, signal } = more;
  const wait = (): Promise<void> => stack.greengrassService.settled();
  const parts = { store, registry, annotate, prefix: 'verge/', kmsKey, wait, ...(signal ? { signal } : {}) };
  const plan = await planPublication(publication, parts);
  return { plan, outcome: await carryOut(publication, plan, parts) };
}

/** Calls of the stack that change something, since it was started. */
export function writesOf(stack: GreengrassStack): string[] {
  return stack.faults.calls
    .filter(({ operation }) => /^(Create|Put|Upload|Complete|Delete|Abort)/.test(operation))
    .map(({ operation }) => operation);
}
