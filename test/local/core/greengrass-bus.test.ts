import { describe, expect, it, onTestFinished } from 'vitest';
import type { PersonalityName } from '../../../cloud/local/core/personality.ts';
import type { Core } from '../../../cloud/local/core/start-core.ts';
import { GreengrassBus } from '../../../component/link/greengrass/greengrass-bus.ts';
import { IpcSession } from '../../../component/link/greengrass/ipc-session.ts';
import type { LocalMessage, LocalPayload } from '../../../component/link/local-bus.ts';
import { accessControlFor } from '../../../recipes/access-control.ts';
import { coreWorld, everythingAllowed, until } from '../../support/core.ts';

const topic = 'verge/classify/request';

async function openSession(core: Core, component: string, policy: object = everythingAllowed): Promise<IpcSession> {
  const session = new IpcSession({ environment: await core.admit(component, { ...policy }), random: () => 0 });
  onTestFinished(() => session.close());
  return session;
}

interface World {
  readonly core: Core;
  readonly sessions: readonly IpcSession[];
  readonly listener: GreengrassBus;
  readonly speaker: GreengrassBus;
}

/** Two components on one core. */
async function world(personality: PersonalityName): Promise<World> {
  const { core } = await coreWorld(personality);
  const sessions = [await openSession(core, 'listener'), await openSession(core, 'speaker')] as const;
  for (const session of sessions) session.start();
  await until(() => sessions.every(({ state }) => state === 'connected'));
  return { core, sessions, listener: new GreengrassBus(sessions[0]), speaker: new GreengrassBus(sessions[1]) };
}

function collect(bus: GreengrassBus, from: string): { messages: LocalMessage[]; granted: Promise<void>; stop(): void } {
  const messages: LocalMessage[] = [];
  const subscription = bus.subscribe(from, async (message) => void messages.push(message));
  return { messages, granted: subscription.granted, stop: () => subscription.stop() };
}

const json = (value: unknown): LocalPayload => ({ kind: 'json', value });
const binary = (text: string): LocalPayload => ({ kind: 'binary', bytes: Buffer.from(text) });

describe.each(['lite', 'java'] as const)("a core's local topics under %s", (personality) => {
  it('carry bytes as bytes and JSON as JSON, in their order', async () => {
    const { listener, speaker } = await world(personality);
    const { messages, granted } = collect(listener, topic);
    await granted;
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const sent = [json({ text: 'zwölf 🧁', list: [1, null] }), { kind: 'binary', bytes } as const, json({})];

    for (const payload of sent) await speaker.publish(topic, payload);
    await until(() => messages.length === sent.length);

    expect(messages.map((message) => message.topic)).toEqual([topic, topic, topic]);
    const received = messages.map(({ payload }) =>
      payload.kind === 'binary' ? { kind: payload.kind, bytes: new Uint8Array(payload.bytes) } : payload,
    );
    expect(received).toEqual(sent);
  });

  it('come back by themselves with a new connection (fact I2)', async () => {
    const { core, sessions, listener, speaker } = await world(personality);
    const { messages, granted } = collect(listener, topic);
    await granted;

    const back = sessions.map(
      (session) =>
        new Promise<void>((resolve) =>
          session.onChange(({ state }) => (state === 'connected' ? resolve() : undefined)),
        ),
    );
    core.ipc.dropConnections();
    const [away] = await Promise.allSettled([speaker.publish(topic, json('lost'))]);
    await Promise.all(back);
    await speaker.publish(topic, binary('after'));
    await until(() => messages.length > 0);

    expect(away).toMatchObject({ status: 'rejected', reason: { code: 'LINK_DOWN' } });
    expect(messages[0]).toMatchObject({ topic, payload: { kind: 'binary' } });
  });

  it('are refused one by one: the other subscriptions stand (fact G7)', async () => {
    const { core, speaker } = await world(personality);
    const session = await openSession(core, 'verge.Runtime', { accessControl: accessControlFor('verge.Runtime') });
    const bus = new GreengrassBus(session);
    const forbidden = collect(bus, 'somebody/elses');
    const allowed = collect(bus, topic);
    session.start();
    await allowed.granted;

    const [subscribed, published] = await Promise.allSettled([
      forbidden.granted,
      bus.publish('somebody/elses', binary('x')),
    ]);
    await speaker.publish(topic, binary('still heard'));
    await until(() => allowed.messages.length > 0);

    expect(subscribed).toMatchObject({ reason: { code: 'LINK_SUBSCRIBE_REFUSED' } });
    expect(published).toMatchObject({ reason: { code: 'LINK_PUBLISH_REFUSED' } });
    expect(session.state).toBe('connected');
  });

  it('hand over nothing more once a subscription is stopped', async () => {
    const { listener, speaker } = await world(personality);
    const stopped = collect(listener, topic);
    const other = collect(listener, topic);
    await Promise.all([stopped.granted, other.granted]);

    stopped.stop();
    await speaker.publish(topic, binary('for the other'));
    await until(() => other.messages.length > 0);

    expect(stopped.messages).toEqual([]);
  });
});
