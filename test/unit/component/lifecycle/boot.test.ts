import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootSchema } from '../../../../component/contract/parts.ts';
import { makeBoot, nextBoot } from '../../../../component/lifecycle/boot.ts';
import { tempFolder } from '../../../support/disk-outbox.ts';

const MORNING = new Date('2026-05-04T09:00:00Z');

describe('the boot of a life', () => {
  it('sorts behind every earlier one, even where the clock stands still or goes back', async () => {
    const folder = tempFolder();
    const starts = [MORNING, MORNING, new Date(0), new Date('2026-05-04T08:00:00Z'), new Date('2026-05-05T00:00:00Z')];

    const boots: string[] = [];
    for (const start of starts) boots.push(await nextBoot(folder, start));

    expect(boots).toEqual([...new Set(boots)].sort());
    for (const boot of boots) expect(bootSchema.safeParse(boot).success).toBe(true);
  });

  it('sorts behind every earlier one on a device whose clock starts in 1970 each time, until it is set', async () => {
    const folder = tempFolder();
    const starts = [new Date(0), new Date(0), new Date(50), new Date(0), MORNING, new Date(0)];

    const boots: string[] = [];
    for (const start of starts) boots.push(await nextBoot(folder, start));

    expect(boots).toEqual([...new Set(boots)].sort());
  });

  it('follows the clock where nobody remembers a boot, or what is remembered is none', async () => {
    const folder = tempFolder();
    const stamp = MORNING.getTime().toString(36);
    writeFileSync(path.join(folder, 'boot'), 'zzzzzzzzzzzzzzzzzzzzzz');

    const boots = [makeBoot(MORNING), await nextBoot(folder, MORNING), await nextBoot('/proc/nowhere', MORNING)];

    expect(boots.map((boot) => boot.slice(0, -4))).toEqual([stamp, stamp, stamp]);
  });
});
