import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findUnfitness, type Host, measureHost } from '../../../../component/lifecycle/preflight.ts';

const fit: Host = {
  platform: 'linux',
  architecture: 'arm64',
  nodeVersion: '20.11.0',
  glibcVersion: '2.28',
  availableBytes: 512 * 1024 * 1024,
  folder: '/greengrass/v2/work/verge.Runtime',
  roomBytes: 1024 * 1024 * 1024,
  writable: true,
};

const unfit: readonly [string, Partial<Host>, string, RegExp][] = [
  ['another processor', { architecture: 'arm' }, 'PREFLIGHT_ARCHITECTURE', /linux arm\b/],
  ['another system', { platform: 'darwin' }, 'PREFLIGHT_ARCHITECTURE', /darwin arm64/],
  ['an old Node', { nodeVersion: '18.20.4' }, 'PREFLIGHT_NODE', /18\.20\.4/],
  ['an old glibc (N1)', { glibcVersion: '2.27' }, 'PREFLIGHT_GLIBC', /2\.27/],
  ['no glibc', { glibcVersion: undefined }, 'PREFLIGHT_GLIBC', /musl/],
  ['little memory', { availableBytes: 50 * 1024 * 1024 }, 'PREFLIGHT_MEMORY', /50\.0 MiB/],
  ['a folder of somebody else', { writable: false }, 'PREFLIGHT_FOLDER', /work\/verge\.Runtime/],
  ['a full disk', { roomBytes: 1000 }, 'PREFLIGHT_DISK', /0\.0 MiB/],
];

describe('the look at the device before anything is loaded', () => {
  it('finds nothing wrong with a device that has what it takes, or more', () => {
    const later = { ...fit, nodeVersion: '24.1.0', glibcVersion: '2.100', architecture: 'x64' };

    expect([findUnfitness(fit), findUnfitness(later)]).toEqual([undefined, undefined]);
  });

  it.each(unfit)('tells of %s in a sentence', (_what, change, code, words) => {
    const found = findUnfitness({ ...fit, ...change });

    expect(found).toMatchObject({ code, message: expect.stringMatching(words) });
  });

  it('ends with a code of its own for each cause, which no other end of the runtime has', () => {
    const codes = new Map(
      unfit.map(([, change]) => findUnfitness({ ...fit, ...change })).map((found) => [found?.code, found?.exitCode]),
    );

    expect(new Set(codes.values()).size).toBe(codes.size);
    for (const code of codes.values()) expect(code).toBeGreaterThan(2);
  });

  it('says the first thing first: what no other Node can mend', () => {
    const found = findUnfitness({ ...fit, architecture: 'arm', nodeVersion: '12.0.0', glibcVersion: undefined });

    expect(found?.code).toBe('PREFLIGHT_ARCHITECTURE');
  });

  it('sees this machine as fit', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-preflight-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));

    const host = measureHost(folder);

    expect(findUnfitness(host)).toBeUndefined();
    expect(host).toMatchObject({ folder, writable: true, glibcVersion: expect.stringMatching(/^2\.\d+$/) });
  });
});
