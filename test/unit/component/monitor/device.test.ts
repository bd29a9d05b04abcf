import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cpuFeatures } from '../../../../component/monitor/device/cpu-features.ts';
import { beginLife } from '../../../../component/monitor/device/lives.ts';
import { nucleusKind } from '../../../../component/monitor/device/nucleus.ts';

describe('CPU features', () => {
  it('are found in what x86 and Arm kernels write', () => {
    const x86 =
      'processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu sse4_2 avx avx2 avx512f avx512_vnni\nbugs\t\t: spectre_v1\n';
    const arm =
      'processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd evtstrm crc32 asimddp i8mm\nCPU part\t: 0xd0b\n';

    expect(cpuFeatures(x86)).toEqual(['avx2', 'avx512f', 'avx512_vnni']);
    expect(cpuFeatures(arm)).toEqual(['asimd', 'asimddp', 'i8mm']);
    expect(cpuFeatures('')).toEqual([]);
  });
});

describe('the kind of nucleus (I1)', () => {
  const socket = 'AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT';

  it.each([
    [
      { [socket]: '/greengrass/v2/ipc.socket', SVCUID: 'x', GGC_VERSION: '2.15.0' },
      { kind: 'java', version: '2.15.0', certain: true },
    ],
    [
      { [socket]: '/var/lib/greengrass/gg-ipc.socket', SVCUID: 'x', GGC_VERSION: '2.6.0' },
      { kind: 'lite', version: '2.6.0', certain: true },
    ],
    [
      { [socket]: '/run/other.sock', SVCUID: 'x' },
      { kind: 'lite', certain: false },
    ],
    [{ GGC_VERSION: '2.6.0' }, { kind: 'none', certain: false }],
    [{}, { kind: 'none', certain: true }],
  ])('of %j is %j', (environment, expected) => {
    expect(nucleusKind(environment)).toEqual(expected);
  });
});

describe('the lives of a runtime', () => {
  function folder(): string {
    const made = mkdtempSync(path.join(tmpdir(), 'verge-lives-'));
    onTestFinished(() => {
      chmodSync(made, 0o700);
      rmSync(made, { recursive: true });
    });
    return made;
  }

  it('are counted, with how the one before ended', async () => {
    const file = path.join(folder(), 'lives.json');

    const first = await beginLife(file);
    await first.end('stopped');
    const second = await beginLife(file);
    const third = await beginLife(file);
    await third.end('failed');
    const fourth = await beginLife(file);

    expect([first, second, third, fourth]).toMatchObject([
      { restarts: 0 },
      { restarts: 1, lastEnd: 'stopped' },
      { restarts: 2, lastEnd: 'died' },
      { restarts: 3, lastEnd: 'failed' },
    ]);
    expect(first).not.toHaveProperty('lastEnd');
    expect(readdirSync(path.dirname(file))).toEqual(['lives.json']);
  });

  it.each(['', '{"schemaVersion":1,"lives":-1,"end":"stopped"}', '{"schemaVersion":2}', '\0\0\0'])(
    'begin anew after a file that holds %j',
    async (content) => {
      const file = path.join(folder(), 'lives.json');
      writeFileSync(file, content);

      const life = await beginLife(file);

      expect(life.restarts).toBe(0);
      expect((await beginLife(file)).restarts).toBe(1);
    },
  );

  it('go on where nothing can be written', async () => {
    const file = path.join(folder(), 'no', 'such', 'folder', 'lives.json');

    const life = await beginLife(file);
    await life.end('stopped');

    expect(life.restarts).toBe(0);
  });
});
