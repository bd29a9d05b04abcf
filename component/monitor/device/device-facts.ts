import { readFile } from 'node:fs/promises';
import { cpuFeatures } from './cpu-features.ts';
import type { Life } from './lives.ts';
import { type Nucleus, nucleusKind } from './nucleus.ts';

/** What a health message says of the device; the same for a whole life. */
export interface DeviceFacts extends Pick<Life, 'restarts' | 'lastEnd'> {
  readonly cpuFeatures: readonly string[];
  readonly nucleus: Nucleus;
}

export async function readDeviceFacts(
  life: Life,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<DeviceFacts> {
  const cpuInfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const { restarts, lastEnd } = life;
  return {
    cpuFeatures: cpuFeatures(cpuInfo),
    nucleus: nucleusKind(environment),
    restarts,
    ...(lastEnd ? { lastEnd } : {}),
  };
}
