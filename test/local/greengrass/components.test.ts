import { createHash } from 'node:crypto';
import {
  CreateComponentVersionCommand,
  DeleteComponentCommand,
  DescribeComponentCommand,
  GetComponentCommand,
  type GreengrassV2Client,
  ListComponentsCommand,
  ListComponentVersionsCommand,
  paginateListComponentVersions,
  ResolveComponentCandidatesCommand,
} from '@aws-sdk/client-greengrassv2';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { refusal, testAccountId, testRegion } from '../../support/aws-stack.ts';
import { startGreengrassStack } from '../../support/greengrass-stack.ts';
import { recipeOf } from '../../support/recipes.ts';
import { scratchFolder } from '../../support/scratch.ts';

const zip = Buffer.from('the bytes of a zip');
const arn = (name: string, version: string): string =>
  `arn:aws:greengrass:${testRegion}:${testAccountId}:components:${name}:versions:${version}`;

async function create(client: GreengrassV2Client, ...recipe: Parameters<typeof recipeOf>) {
  return client.send(new CreateComponentVersionCommand({ inlineRecipe: recipeOf(...recipe) }));
}

describe('component versions of the stood-in Greengrass', () => {
  it('carry the digest of each artifact once they are deployable, as JSON and as YAML (D4)', async () => {
    const stack = await startGreengrassStack();
    const client = stack.greengrass();
    const s3 = stack.s3();
    await s3.send(new CreateBucketCommand({ Bucket: 'models' }));
    await s3.send(new PutObjectCommand({ Bucket: 'models', Key: 'v1/kiosk+1.zip', Body: zip }));

    const created = await create(client, 'com.example.Kiosk', '1.0.0', 's3://models/v1/kiosk+1.zip');
    await stack.greengrassService.settled();
    const described = await client.send(new DescribeComponentCommand({ arn: created.arn }));
    const json = await client.send(new GetComponentCommand({ arn: created.arn }));
    const yaml = await client.send(new GetComponentCommand({ arn: created.arn, recipeOutputFormat: 'YAML' }));

    expect(created).toMatchObject({ $metadata: { httpStatusCode: 201 }, status: { componentState: 'REQUESTED' } });
    expect(created.arn).toBe(arn('com.example.Kiosk', '1.0.0'));
    expect(described).toMatchObject({ status: { componentState: 'DEPLOYABLE' }, publisher: 'Example' });
    const digest = { Digest: createHash('sha256').update(zip).digest('base64'), Algorithm: 'SHA-256' };
    const recipe: unknown = JSON.parse(Buffer.from(json.recipe ?? []).toString());
    expect(recipe).toMatchObject({ Manifests: [{ Artifacts: [digest] }] });
    expect(parse(Buffer.from(yaml.recipe ?? []).toString())).toEqual(recipe);
  });

  it('fail with the artifact that is not there', async () => {
    const stack = await startGreengrassStack();
    const client = stack.greengrass();
    await stack.s3().send(new CreateBucketCommand({ Bucket: 'models' }));

    const created = await create(client, 'com.example.Kiosk', '1.0.0', 's3://models/absent.zip');
    await stack.greengrassService.settled();
    const { status } = await client.send(new DescribeComponentCommand({ arn: created.arn }));

    expect(status).toMatchObject({
      componentState: 'FAILED',
      errors: { 's3://models/absent.zip': expect.stringContaining('NoSuchKey') },
    });
  });

  it('are immutable: the same version again is a conflict, and the same request again is not (G2)', async () => {
    const stack = await startGreengrassStack();
    const client = stack.greengrass();
    const inlineRecipe = recipeOf('com.example.Kiosk', '1.0.0');
    const first = await client.send(new CreateComponentVersionCommand({ inlineRecipe, clientToken: 'a' }));

    const again = await client.send(new CreateComponentVersionCommand({ inlineRecipe, clientToken: 'a' }));
    const other = await refusal(client.send(new CreateComponentVersionCommand({ inlineRecipe, clientToken: 'b' })));

    expect(again.arn).toBe(first.arn);
    expect(other).toEqual({ name: 'ConflictException', status: 409 });
  });

  it.each([
    ['has no version', recipeOf('com.example.Kiosk', 'latest')],
    ['has a name with a space', recipeOf('a kiosk', '1.0.0')],
    ['has a reserved name', recipeOf('aws.greengrass.Kiosk', '1.0.0')],
    ['is no YAML', Buffer.from('a: [')],
    ['is empty', Buffer.from('')],
    ['has no manifests', recipeOf('com.example.Kiosk', '1.0.0', undefined, { Manifests: [] })],
    ['has an artifact from the web', recipeOf('com.example.Kiosk', '1.0.0', 'https://example.com/kiosk.zip')],
    ['is over 16,000 bytes (G3)', recipeOf('com.example.Kiosk', '1.0.0', undefined, { Note: 'x'.repeat(16_000) })],
  ])('are refused when the recipe %s', async (_what, inlineRecipe) => {
    const stack = await startGreengrassStack();
    const client = stack.greengrass();

    const refused = await refusal(client.send(new CreateComponentVersionCommand({ inlineRecipe })));

    expect(refused).toEqual({ name: 'ValidationException', status: 400 });
  });

  it('are listed in pages, the newest first', async () => {
    const stack = await startGreengrassStack();
    const client = stack.greengrass();
    for (const version of ['1.9.0', '1.10.0', '1.2.0']) await create(client, 'com.example.Kiosk', version);
    await create(client, 'com.example.Other', '1.0.0');

    const pages = paginateListComponentVersions(
      { client, pageSize: 2 },
      { arn: `arn:aws:greengrass:${testRegion}:${testAccountId}:components:com.example.Kiosk` },
    );
    const versions: (string | undefined)[] = [];
    for await (const { componentVersions = [] } of pages)
      versions.push(...componentVersions.map((one) => one.componentVersion));
    const { components = [] } = await client.send(new ListComponentsCommand({}));

    expect(versions).toEqual(['1.10.0', '1.9.0', '1.2.0']);
    expect(components.map((one) => [one.componentName, one.latestVersion?.componentVersion])).toEqual([
      ['com.example.Kiosk', '1.10.0'],
      ['com.example.Other', '1.0.0'],
    ]);
  });

  it('are resolved for a device: the newest that all requirements and the platform allow (D3)', async () => {
    const stack = await startGreengrassStack();
    const client = stack.greengrass();
    for (const version of ['1.0.0', '1.5.0', '2.0.0']) await create(client, 'com.example.Kiosk', version);
    await stack.greengrassService.settled();
    const candidates = (range: string, os: string) =>
      client.send(
        new ResolveComponentCandidatesCommand({
          platform: { name: 'linux', attributes: { os } },
          componentCandidates: [{ componentName: 'com.example.Kiosk', versionRequirements: { group: range } }],
        }),
      );

    const { resolvedComponentVersions = [] } = await candidates('>=1.0.0 <2.0.0', 'linux');
    const unfit = await refusal(candidates('*', 'windows'));

    expect(resolvedComponentVersions.map((one) => one.componentVersion)).toEqual(['1.5.0']);
    expect(unfit).toEqual({ name: 'ResourceNotFoundException', status: 404 });
  });

  it('survive a restart, and go when they are deleted', async () => {
    const folder = scratchFolder();
    const before = await startGreengrassStack({ folder });
    await create(before.greengrass(), 'com.example.Kiosk', '1.0.0');
    await before.greengrassService.settled();
    await before.close();
    const stack = await startGreengrassStack({ folder });
    const client = stack.greengrass();
    const wanted = { arn: arn('com.example.Kiosk', '1.0.0') };

    const described = await client.send(new DescribeComponentCommand(wanted));
    await client.send(new DeleteComponentCommand(wanted));
    const gone = await refusal(client.send(new DescribeComponentCommand(wanted)));

    expect(described.status?.componentState).toBe('DEPLOYABLE');
    expect(gone).toEqual({ name: 'ResourceNotFoundException', status: 404 });
    const name = { arn: arn('com.example.Kiosk', '1.0.0').replace(':versions:1.0.0', '') };
    expect(await refusal(client.send(new ListComponentVersionsCommand(name)))).toMatchObject({ status: 404 });
  });
});
