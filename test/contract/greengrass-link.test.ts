import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import type { PersonalityName } from '../../cloud/local/core/personality.ts';
import { startCore } from '../../cloud/local/core/start-core.ts';
import { GreengrassLink } from '../../component/link/greengrass/greengrass-link.ts';
import { IpcSession } from '../../component/link/greengrass/ipc-session.ts';
import { NUCLEUS_LIMITS } from '../../component/link/greengrass/nucleus.ts';
import { everythingAllowed, until } from '../support/core.ts';
import { type LinkWorld, linkContract } from './link-contract.ts';

async function makeWorld(personality: PersonalityName): Promise<LinkWorld> {
  const root = mkdtempSync(path.join(tmpdir(), 'vc-'));
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  const core = await startCore({ root, thing: 't', region: 'eu-west-1', personality, broker: broker.url });
  await until(core.cloud.connected);
  const environment = await core.admit('verge.Runtime', everythingAllowed);
  const sessions: IpcSession[] = [];
  return {
    keepsSessions: false,
    maxUnfinished: 1000,
    makeLink() {
      const session = new IpcSession({ environment, random: () => 0 });
      sessions.push(session);
      return new GreengrassLink({ session, limits: NUCLEUS_LIMITS[personality], random: () => 0 });
    },
    interrupt: core.ipc.stop,
    resume: core.ipc.restart,
    async close() {
      await Promise.all(sessions.map((session) => session.close()));
      await core.close();
      await broker.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

linkContract('Greengrass link to nucleus lite', () => makeWorld('lite'));
linkContract('Greengrass link to the Java nucleus', () => makeWorld('java'));
