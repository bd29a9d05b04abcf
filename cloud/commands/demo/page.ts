import { VergeError } from '../../../component/contract/error.ts';
import { TELEMETRY_STREAMS } from '../../../component/contract/topics.ts';
import { consume } from '../../consumer/consume.ts';
import { readBaselines } from '../../dashboard/baseline.ts';
import { type Dashboard, startDashboard } from '../../dashboard/dashboard.ts';
import type { RolloutFeed } from '../../dashboard/rollouts/rollout-feed.ts';
import { DEFAULT_PORT, PAGE_FOLDER } from '../dashboard.ts';

export interface DemoPageOptions {
  readonly broker: string;
  /** Whose baseline the page shows answers against. */
  readonly bundle: string;
  readonly port: number | undefined;
  readonly rollouts?: RolloutFeed;
}

/** The page on its usual port; on any that is free where that one is taken and nobody asked for it. */
export async function openDemoPage({ broker, bundle, port, rollouts }: DemoPageOptions): Promise<Dashboard> {
  const baselines = await readBaselines([bundle]);
  const open = (at: number): Promise<Dashboard> => {
    const consumer = consume({ broker, streams: TELEMETRY_STREAMS });
    const options = { consumer, broker, baselines, rollouts, assetsFolder: PAGE_FOLDER, host: '127.0.0.1', port: at };
    return startDashboard(options).catch(async (error: unknown) => {
      await consumer.close();
      throw error;
    });
  };
  try {
    return await open(port ?? DEFAULT_PORT);
  } catch (error) {
    const isTaken = error instanceof VergeError && error.code === 'DASHBOARD_PORT_TAKEN';
    if (!isTaken || port !== undefined) throw error;
    return open(0);
  }
}
