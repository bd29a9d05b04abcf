import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { PersonalityName } from '../../cloud/local/core/personality.ts';
import { startCore } from '../../cloud/local/core/start-core.ts';
import { startRuntimeProcess } from '../../cloud/local/device/runtime-process.ts';
import { commandTopic } from '../../component/contract/topics.ts';
import { DiskStore } from '../../component/outbox/disk/disk-store.ts';
import { accessControlFor } from '../../recipes/access-control.ts';
import { Accepted } from './accepted.ts';
import { type Device, type DeviceOptions, settingsOf } from './device.ts';

const COMPONENT = 'verge.Runtime';
const LOOK_MS = 2;

/** A device under a local Greengrass core, which brings no command twice. The core stays; the component dies. */
export async function greengrassDevice(options: DeviceOptions, personality: PersonalityName): Promise<Device> {
  const { program, bundle, folder, place, broker } = options;
  const accepted = new Accepted();
  const commands = commandTopic(place, 'classify');
  const core = await startCore({
    root: path.join(folder, 'core'),
    thing: place.thing,
    region: 'local',
    personality,
    broker,
    onDelivery: (topic, payload) => {
      if (topic === commands) accepted.deliver(payload);
    },
  });
  const configuration = {
    fleet: place.fleet,
    ...settingsOf(bundle, folder),
    accessControl: accessControlFor(COMPONENT),
  };
  return {
    async start() {
      const { environment } = await core.admit(COMPONENT, JSON.parse(JSON.stringify(configuration)));
      return startRuntimeProcess({ program, folder, from: { nucleus: environment } });
    },
    async afterKill() {
      while (core.ipc.connectionCount() > 0) await setTimeout(LOOK_MS); // what it hands over until then is the dead one's
      accepted.kill(await readJournal(path.join(folder, 'outbox', 'commands')));
    },
    lost: (answered) => accepted.lost(answered),
    redelivers: false,
    close: () => core.close(),
  };
}

/** What a corpse's journal holds, read from a copy. */
async function readJournal(folder: string): Promise<Uint8Array[]> {
  const copy = await mkdtemp(path.join(tmpdir(), 'verge-corpse-'));
  try {
    await cp(folder, copy, { recursive: true }).catch(() => undefined); // it may have died before it made one
    const store = await DiskStore.open({
      folder: copy,
      maxBytes: Number.MAX_SAFE_INTEGER,
      maxAgeMs: Number.POSITIVE_INFINITY,
      sync: 'never',
      now: Date.now,
    });
    const payloads: Uint8Array[] = [];
    for (let taken = await store.take(); taken; taken = await store.take()) payloads.push(taken.payload);
    await store.close();
    return payloads;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
