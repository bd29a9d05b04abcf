import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { areLive, changedSettings } from '../../../../component/config/live-settings.ts';
import { NucleusSettings } from '../../../../component/config/nucleus-settings.ts';
import { parseSettings } from '../../../../component/config/parse-settings.ts';
import { settingsExample } from '../../../../component/contract/settings.ts';

const good = { fleet: 'bakeries', models: ['/m'], accessControl: { any: 'thing' } };

interface World {
  configuration: unknown;
  readonly told: string[];
  readonly changes: string[];
  open(): Promise<NucleusSettings>;
}

function world(): World {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-nucleus-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const made: World = {
    configuration: good,
    told: [],
    changes: [],
    open: () =>
      NucleusSettings.open({
        read: async () => made.configuration,
        thing: 'oven-17',
        folder,
        onInvalid: ({ message }) => made.told.push(message),
        onChange: (_settings, keys) => made.changes.push(...keys),
      }),
  };
  return made;
}

describe('settings from the nucleus', () => {
  it('are the configuration without its access control, with the thing’s name of the environment (facts G6, G7, I1)', async () => {
    const settings = await world().open();

    expect(settings.current).toMatchObject({ fleet: 'bakeries', thing: 'oven-17', messageBytes: 5120 });
  });

  it('take a change over, and name what has changed', async () => {
    const nucleus = world();
    const settings = await nucleus.open();

    nucleus.configuration = { ...good, runnersUp: 5, includeText: true };
    await settings.update();
    await settings.update();

    expect(settings.current).toMatchObject({ runnersUp: 5, includeText: true });
    expect(nucleus.changes.sort()).toEqual(['includeText', 'runnersUp']);
  });

  it('keep the last good ones when a wrong configuration comes, and tell of it once', async () => {
    const nucleus = world();
    const settings = await nucleus.open();

    nucleus.configuration = { ...good, runnersUp: -1 };
    await settings.update();
    await settings.update();

    expect(settings.current.runnersUp).toBe(2);
    expect(nucleus.changes).toEqual([]);
    expect(nucleus.told).toEqual([expect.stringContaining('runnersUp')]);
  });

  it('come from the last good configuration after a restart with a wrong one (fact L3)', async () => {
    const nucleus = world();
    nucleus.configuration = { ...good, runnersUp: 7 };
    await nucleus.open();

    nucleus.configuration = { ...good, runnersUp: 'seven' };
    const again = await nucleus.open();

    expect(again.current.runnersUp).toBe(7);
    expect(nucleus.told).toHaveLength(1);
  });

  it('are refused where there never was a good configuration', async () => {
    const nucleus = world();
    nucleus.configuration = { fleet: 'Not a fleet' };

    const opening = nucleus.open();

    await expect(opening).rejects.toMatchObject({ code: 'CONFIG_INVALID', fault: 'user' });
  });

  it('say what is wrong with a configuration without taking it (fact L6)', async () => {
    const settings = await world().open();

    expect(await settings.objection({ ...good, logLevel: 'loud' })).toContain('logLevel');
    expect(await settings.objection(good)).toBeUndefined();
  });
});

describe('changed settings', async () => {
  const before = await parseSettings(settingsExample, 'here');

  it.each([
    [{ logLevel: 'debug' as const }, ['logLevel'], true],
    [{ models: ['/other'] }, ['models'], false],
    [{ includeText: true, engineThreads: 2 }, ['includeText', 'engineThreads'], false],
    [{}, [], true],
  ])('by %o are %o', async (change, keys, live) => {
    const changed = changedSettings(before, await parseSettings({ ...settingsExample, ...change }, 'here'));

    expect(changed.sort()).toEqual([...keys].sort());
    expect(areLive(changed)).toBe(live);
  });
});
