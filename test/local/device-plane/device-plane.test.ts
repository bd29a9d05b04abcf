import { CreateComponentVersionCommand, CreateDeploymentCommand } from '@aws-sdk/client-greengrassv2';
import {
  AttachThingPrincipalCommand,
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
  DeleteCertificateCommand,
  ListThingPrincipalsCommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { refusal, testAccountId, testRegion } from '../../support/aws-stack.ts';
import { askPlane, connectDevice, type PlaneStack, startPlaneStack } from '../../support/device-plane.ts';
import { recipeOf } from '../../support/recipes.ts';

const group = (name: string): string => `arn:aws:iot:${testRegion}:${testAccountId}:thinggroup/${name}`;

async function register(stack: PlaneStack, name: string, version: string, more: object = {}): Promise<void> {
  const inlineRecipe = recipeOf(name, version, undefined, more);
  await stack.greengrass().send(new CreateComponentVersionCommand({ inlineRecipe }));
  await stack.greengrassService.settled();
}

function resolve(stack: PlaneStack, credential: object, candidate: object, platform: object = {}) {
  const body = { platform: { name: 'linux', attributes: platform }, componentCandidates: [candidate] };
  return askPlane(stack, '/greengrass/v2/resolveComponentCandidates', credential, { body });
}

/** `printf PK | openssl dgst -sha256 -binary | base64` */
const DIGEST_OF_PK = '/Kt/zCtM/9m7RQA7/C5GigTvb3fKggCnNB8CdjFYTSU=';

describe('the device plane over HTTPS', () => {
  it('tells a device the groups of its own thing, and of no other (D3)', async () => {
    const stack = await startPlaneStack();
    const oven = await stack.enrol('oven-1', 'ovens', 'canaries');
    await stack.enrol('kiosk-1', 'kiosks');

    const mine = await askPlane(stack, '/greengrass/v2/coreDevices/oven-1/thingGroups', oven);
    const others = await askPlane(stack, '/greengrass/v2/coreDevices/kiosk-1/thingGroups', oven);

    expect(mine.body).toMatchObject({
      thingGroups: [
        { thingGroupName: 'canaries', thingGroupArn: group('canaries') },
        { thingGroupName: 'ovens', thingGroupArn: group('ovens') },
      ],
    });
    expect(others).toMatchObject({ status: 403, error: 'AccessDeniedException' });
  });

  it('takes no connection without a certificate, and none with one of another authority (D3)', async () => {
    const stack = await startPlaneStack();
    const stranger = await (await startPlaneStack()).enrol('oven-1');
    await stack.enrol('oven-1');

    const without = askPlane(stack, '/greengrass/v2/coreDevices/oven-1/thingGroups', {});
    const foreign = askPlane(stack, '/greengrass/v2/coreDevices/oven-1/thingGroups', stranger);

    await expect(without).rejects.toThrow(/certificate|alert|socket/);
    await expect(foreign).rejects.toThrow(/certificate|alert|socket/);
  });

  it('resolves the newest version that all requirements and the platform allow, its recipe in base64 (D3, D4)', async () => {
    const stack = await startPlaneStack();
    const oven = await stack.enrol('oven-1');
    const uri = await stack.put('bucket', 'kiosk.zip', 'PK');
    const kiosk = new CreateComponentVersionCommand({ inlineRecipe: recipeOf('com.example.Kiosk', '1.0.0', uri) });
    await stack.greengrass().send(kiosk);
    await register(stack, 'com.example.Kiosk', '1.1.0');
    await register(stack, 'com.example.Kiosk', '2.0.0');
    await register(stack, 'com.example.Arm', '1.0.0', { Manifests: [{ Platform: { architecture: 'aarch64' } }] });
    const ask = (versionRequirements: object) =>
      resolve(stack, oven, { componentName: 'com.example.Kiosk', versionRequirements });

    const newest = await ask({});
    const held = await ask({ one: '>=1.0.0 <2.0.0', other: '<1.1.0' });
    const none = await ask({ one: '>=1.0.0', other: '>=3.0.0' });
    const elsewhere = await resolve(stack, oven, { componentName: 'com.example.Arm' }, { architecture: 'amd64' });

    expect(newest.body).toMatchObject({ resolvedComponentVersions: [{ componentVersion: '2.0.0' }] });
    const [found] = (held.body as { resolvedComponentVersions: { recipe: string }[] }).resolvedComponentVersions;
    const recipe: unknown = JSON.parse(Buffer.from(found?.recipe ?? '', 'base64').toString());
    expect(recipe).toMatchObject({
      ComponentVersion: '1.0.0',
      Manifests: [{ Artifacts: [{ Uri: uri, Algorithm: 'SHA-256', Digest: DIGEST_OF_PK }] }],
    });
    expect(none).toMatchObject({ status: 404, error: 'ResourceNotFoundException' });
    expect(elsewhere).toMatchObject({ status: 404, error: 'ResourceNotFoundException' });
  });

  it('keeps a version that the device has, where it still fits (L9)', async () => {
    const stack = await startPlaneStack();
    const oven = await stack.enrol('oven-1');
    await register(stack, 'com.example.Kiosk', '1.0.0');
    await register(stack, 'com.example.Kiosk', '1.1.0');

    const kept = await resolve(stack, oven, { componentName: 'com.example.Kiosk', componentVersion: '1.0.0' });

    expect(kept.body).toMatchObject({ resolvedComponentVersions: [{ componentVersion: '1.0.0' }] });
  });

  it('gives temporary credentials that the signed door takes until they expire (D3)', async () => {
    let now = new Date('2026-05-04T09:00:00Z');
    const stack = await startPlaneStack({ now: () => now });
    const oven = await stack.enrol('oven-1');
    await stack.enrol('kiosk-1');
    const { roleAlias } = stack.plane.address;
    const ask = (thing: string, alias = roleAlias) =>
      askPlane(stack, `/role-aliases/${alias}/credentials`, oven, { headers: { 'x-amzn-iot-thingname': thing } });

    const given = await ask('oven-1');
    const unknown = await ask('oven-1', 'NoSuchAlias');
    const others = await ask('kiosk-1');
    const { credentials } = given.body as {
      credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string; expiration: string };
    };
    const taken = stack.keyring.find(credentials.accessKeyId);
    now = new Date(credentials.expiration);

    expect(credentials.expiration).toBe('2026-05-04T10:00:00.000Z');
    expect(taken).toMatchObject({ sessionToken: credentials.sessionToken, expiresAt: now });
    expect(unknown).toMatchObject({ status: 404, error: 'ResourceNotFoundException' });
    expect(others).toMatchObject({ status: 403, error: 'AccessDeniedException' });
  });

  it('gives credentials with which an SDK client reads an artifact (D3)', async () => {
    const stack = await startPlaneStack();
    const oven = await stack.enrol('oven-1');
    await stack.put('bucket', 'kiosk.zip', 'PK');
    const { body } = await askPlane(stack, `/role-aliases/${stack.plane.address.roleAlias}/credentials`, oven);
    const { accessKeyId, secretAccessKey, sessionToken } = (body as { credentials: Record<string, string> })
      .credentials;
    const credentials = {
      accessKeyId: `${accessKeyId}`,
      secretAccessKey: `${secretAccessKey}`,
      sessionToken: `${sessionToken}`,
    };

    const read = await stack.s3({ credentials }).send(new GetObjectCommand({ Bucket: 'bucket', Key: 'kiosk.zip' }));
    const text = await read.Body?.transformToString();

    expect(text).toBe('PK');
  });

  it('knows nothing else of Greengrass, and fails on purpose', async () => {
    const stack = await startPlaneStack();
    const oven = await stack.enrol('oven-1');
    stack.plane.faults.inject({ fault: { kind: 'throttle' }, operation: 'ListThingGroupsForCoreDevice' });

    const components = await askPlane(stack, '/greengrass/v2/components', oven);
    const throttled = await askPlane(stack, '/greengrass/v2/coreDevices/oven-1/thingGroups', oven);
    const again = await askPlane(stack, '/greengrass/v2/coreDevices/oven-1/thingGroups', oven);

    expect(components).toMatchObject({ status: 404, error: 'UnknownOperationException' });
    expect(throttled).toMatchObject({ status: 429, error: 'ThrottlingException' });
    expect(again.status).toBe(200);
  });
});

describe('the device plane over MQTT', () => {
  it('lets a thing use its own topics and those of the contract, and ends the connection over any other (D1, G7)', async () => {
    const stack = await startPlaneStack();
    const oven = await stack.enrol('oven-1');
    const link = await connectDevice(stack, 'oven-1', oven);
    const ended = new Promise((resolve) => link.once('close', () => resolve('closed')));

    const subscribe = (filter: string): Promise<string> =>
      link.subscribeAsync(filter, { qos: 1 }).then(
        () => 'granted',
        () => 'refused',
      );

    const own = [await subscribe('$aws/things/oven-1/jobs/#'), await subscribe('cmd/verge/+/oven-1/classify')];
    const wider = [await subscribe('$aws/things/+/jobs/#'), await subscribe('cmd/verge/#'), await subscribe('#')];
    await link.publishAsync('dt/verge/bakeries/oven-1/health', '{}', { qos: 1 });
    link.publish('dt/verge/bakeries/oven-2/health', '{}', { qos: 1 });
    const end = await ended;

    expect(own).toEqual(['granted', 'granted']);
    expect(wider).toEqual(['refused', 'refused', 'refused']);
    expect(end).toBe('closed');
  });

  it('refuses a client under the name of another thing, and without a certificate', async () => {
    const stack = await startPlaneStack();
    const oven = await stack.enrol('oven-1');
    await stack.enrol('oven-2');

    const why = (connection: Promise<unknown>): Promise<string> => connection.then(() => 'taken', String);

    const asOther = await why(connectDevice(stack, 'oven-2', oven));
    const without = await why(connectDevice(stack, 'oven-1', {}));
    const second = await connectDevice(stack, 'oven-1#2', oven);

    expect(asOther).toMatch(/Not authorized/);
    expect(without).toMatch(/certificate required/);
    expect(second.connected).toBe(true);
  });

  it('carries a job to a device, over TLS and the plain listener alike (D1, D2)', async () => {
    const stack = await startPlaneStack();
    const oven = await stack.enrol('oven-1', 'ovens');
    await register(stack, 'com.example.Kiosk', '1.0.0');
    const link = await connectDevice(stack, 'oven-1', oven);
    const topic = '$aws/things/oven-1/jobs/notify-next-namespace-aws-gg-deployment';
    await link.subscribeAsync(topic, { qos: 1 });
    const told = new Promise<Buffer>((resolve) => link.once('message', (_topic, payload) => resolve(payload)));

    const components = { 'com.example.Kiosk': { componentVersion: '1.0.0' } };
    await stack.greengrass().send(new CreateDeploymentCommand({ targetArn: group('ovens'), components }));
    const message: unknown = JSON.parse((await told).toString());

    expect(message).toMatchObject({
      execution: {
        thingName: 'oven-1',
        jobDocument: {
          configurationArn: `arn:aws:greengrass:${testRegion}:${testAccountId}:configuration:thinggroup/ovens:1`,
          components: { 'com.example.Kiosk': { version: '1.0.0' } },
        },
      },
    });
  });

  it('refuses an update that expects another version of the execution, as nucleus lite sends it (D1)', async () => {
    const stack = await startPlaneStack();
    const oven = await stack.enrol('oven-1', 'ovens');
    await register(stack, 'com.example.Kiosk', '1.0.0');
    const components = { 'com.example.Kiosk': { componentVersion: '1.0.0' } };
    const deployment = new CreateDeploymentCommand({ targetArn: group('ovens'), components });
    const { iotJobId } = await stack.greengrass().send(deployment);
    const link = await connectDevice(stack, 'oven-1', oven);
    const update = `$aws/things/oven-1/jobs/${iotJobId}/namespace-aws-gg-deployment/update`;
    await link.subscribeAsync(`${update}/+`, { qos: 1 });
    const report = (expectedVersion: string): Promise<[string, unknown]> => {
      const answer = new Promise<[string, unknown]>((resolve) =>
        link.once('message', (topic, payload) => resolve([topic, JSON.parse(payload.toString())])),
      );
      link.publish(update, JSON.stringify({ status: 'IN_PROGRESS', expectedVersion, clientToken: 't' }), { qos: 1 });
      return answer;
    };

    const first = await report('1');
    const stale = await report('1');

    expect(first).toEqual([`${update}/accepted`, expect.objectContaining({ clientToken: 't' })]);
    expect(stale).toEqual([
      `${update}/rejected`,
      expect.objectContaining({ code: 'VersionMismatch', executionState: { status: 'IN_PROGRESS', versionNumber: 2 } }),
    ]);
  });
});

describe('certificates of the stood-in IoT', () => {
  it('speak for the things that they are attached to, while they are active', async () => {
    const stack = await startPlaneStack();
    const iot = stack.iot();
    await iot.send(new CreateThingCommand({ thingName: 'oven-1' }));
    const made = await iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true }));
    const credential = { certificate: made.certificatePem ?? '', key: made.keyPair?.PrivateKey ?? '' };
    const { certificateArn: principal, certificateId } = made;
    const groups = () => askPlane(stack, '/greengrass/v2/coreDevices/oven-1/thingGroups', credential);

    const before = await groups();
    await iot.send(new AttachThingPrincipalCommand({ thingName: 'oven-1', principal }));
    const attached = await groups();
    const listed = await iot.send(new ListThingPrincipalsCommand({ thingName: 'oven-1' }));
    const inUse = await refusal(iot.send(new DeleteCertificateCommand({ certificateId })));
    await iot.send(new UpdateCertificateCommand({ certificateId, newStatus: 'INACTIVE' }));
    const inactive = await groups();

    expect([before.status, attached.status, inactive.status]).toEqual([403, 200, 403]);
    expect(listed.principals).toEqual([principal]);
    expect(inUse).toEqual({ name: 'DeleteConflictException', status: 409 });
  });
});
