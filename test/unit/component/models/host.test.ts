import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../../component/contract/manifest.ts';
import { checkFit, estimateMemory } from '../../../../component/models/host/device-fit.ts';
import { ModelHost } from '../../../../component/models/host/model-host.ts';
import { Serial } from '../../../../component/models/host/serial.ts';
import { checkOrder } from '../../../../component/models/host/version-order.ts';
import { openBundle } from '../../../../component/models/open-bundle.ts';
import { Shelf } from '../../../../component/models/shelf/shelf.ts';
import { type CompiledBundle, compileIntentsMini } from '../../../support/compiled-bundle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const MIB = 1024 * 1024;
const reference = (version: string, digest = 'aa'): { name: string; version: string; digest: string } => ({
  name: 'intents',
  version,
  digest: digest.repeat(32),
});

describe('the order of versions', () => {
  it.each([
    ['nothing serves', undefined, reference('1.0.0')],
    ['a later one comes', reference('1.9.0'), reference('1.10.0')],
    ['a release follows its candidate', reference('2.0.0-rc.1'), reference('2.0.0')],
    ['the same bytes come', reference('1.0.0'), reference('1.0.0')],
  ])('lets a version serve where %s', (_when, serving, offered) => {
    expect(() => checkOrder(serving, offered, 'refuse')).not.toThrow();
  });

  it('refuses an earlier version, unless it is asked for', () => {
    expect(() => checkOrder(reference('1.10.0'), reference('1.9.0'), 'refuse')).toThrow(
      /1\.9\.0 is older than 1\.10\.0/,
    );
    expect(() => checkOrder(reference('1.10.0'), reference('1.9.0'), 'allow')).not.toThrow();
  });

  it('refuses other bytes under the same version', () => {
    expect(() => checkOrder(reference('1.0.0'), reference('1.0.0', 'bb'), 'refuse')).toThrow(/serves already/);
  });
});

describe('the fit of a model', () => {
  const files = [
    { name: 'model.bin', sizeBytes: 100 * MIB, sha256: '' },
    { name: 'tokenizer.json', sizeBytes: MIB, sha256: '' },
  ];
  const manifest = { name: 'intents', version: '1.0.0', files } as unknown as Manifest; // what the check looks at
  const device = { runtimeVersion: '0.2.0', memoryBudgetBytes: 1024 * MIB, memoryTakenBytes: 0, freeBytes: 2048 * MIB };

  it('grows with the weights and the tokenizer', () => {
    expect(estimateMemory({ files })).toBeGreaterThan(150 * MIB);
    expect(estimateMemory({ files: [] })).toBeLessThan(64 * MIB);
  });

  it.each([
    ['the budget is used up', { ...device, memoryTakenBytes: 1000 * MIB }, 'MODEL_MEMORY'],
    ['the device has no memory left', { ...device, freeBytes: 100 * MIB }, 'MODEL_MEMORY'],
  ])('refuses it where %s', (_when, crowded, code) => {
    expect(() => checkFit(manifest, crowded)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses it on a runtime that is too old, and takes it on one that is not', () => {
    const wanting = { ...manifest, requires: { runtime: '0.2.1' } };

    expect(() => checkFit(wanting, device)).toThrow(/needs runtime 0\.2\.1, and this is 0\.2\.0/);
    expect(() => checkFit(wanting, { ...device, runtimeVersion: '0.3.0' })).not.toThrow();
  });
});

describe('Serial', () => {
  it('runs what has one key in turn, failures included, and other keys beside it', async () => {
    const serial = new Serial();
    const order: string[] = [];
    let release: () => void = () => undefined;
    const first = serial.run('a', () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }).then(() => order.push('a1')),
    );
    const second = serial.run('a', async () => {
      order.push('a2');
      throw new Error('fails');
    });
    const third = serial.run('a', async () => order.push('a3'));

    await serial.run('b', async () => order.push('b'));
    release();
    await first;
    await expect(second).rejects.toThrow('fails');
    await third;

    expect(order).toEqual(['b', 'a1', 'a2', 'a3']);
  });
});

describe('ModelHost', () => {
  let compiled: CompiledBundle;
  beforeAll(() => {
    compiled = compileIntentsMini();
  });
  afterAll(() => compiled.remove());

  /** A host whose models answer nothing, and what it did. `whileLoading` runs in the midst of each load. */
  function startHost(whileLoading: (host: ModelHost, name: string) => void): {
    host: ModelHost;
    loads: string[];
    unloaded: Promise<string>;
  } {
    const stats = { pending: 0, answered: 0, failed: 0, refused: 0, cacheHits: 0 };
    const classifier = {
      classify: () => Promise.reject(new Error('nobody asks')),
      stats: () => stats,
      close: () => Promise.resolve(),
    };
    const loads: string[] = [];
    let tellUnloaded: (name: string) => void = () => undefined;
    const unloaded = new Promise<string>((resolve) => {
      tellUnloaded = resolve;
    });
    const host = new ModelHost({
      shelf: new Shelf(path.join(temporaryFolder(), 'models')),
      load: async (folder) => {
        const bundle = await openBundle(folder);
        const { name, version } = bundle.manifest;
        loads.push(name);
        whileLoading(host, name);
        return { reference: { name, version, digest: bundle.digest }, bundle, classifier };
      },
      verify: () => Promise.resolve(),
      runtimeVersion: '1.0.0',
      memoryBudgetBytes: 1024 * MIB,
      memoryTakenElsewhere: () => 0,
      freeBytes: () => 1024 * MIB,
      releaseMs: 1,
      observe: { loaded: () => undefined, refused: () => undefined, unloaded: ({ name }) => tellUnloaded(name) },
    });
    return { host, loads, unloaded };
  }

  it('loads a bundle once that is offered twice at a time', async () => {
    const { host, loads } = startHost(() => undefined);
    const offer = { folder: compiled.folder, downgrade: 'refuse' } as const;

    const outcomes = await Promise.all([host.offer(offer), host.offer(offer)]);

    // Both read the manifest first: either may be the one that loads.
    expect(outcomes.map(({ change }) => change).sort()).toEqual(['loaded', 'unchanged']);
    expect(loads).toEqual(['intents-mini']);
  });

  it('lets go of a model that was released before it served', async () => {
    const { host, unloaded } = startHost((loading, name) => loading.release(name));

    const outcome = await host.offer({ folder: compiled.folder, downgrade: 'refuse' });

    expect(outcome.change).toBe('loaded');
    expect(await unloaded).toBe('intents-mini');
    expect(host.references()).toEqual([]);
  });
});
