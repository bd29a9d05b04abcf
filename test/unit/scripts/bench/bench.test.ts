import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { judge } from '../../../../scripts/bench/judge.ts';
import { lengthBuckets } from '../../../../scripts/bench/length-buckets.ts';
import { instructionsOf } from '../../../../scripts/bench/processor.ts';
import { renderReport } from '../../../../scripts/bench/render-report.ts';
import type { ModelReport } from '../../../../scripts/bench/report.ts';
import { median, quantile } from '../../../../scripts/bench/statistics.ts';
import { repositoryPath } from '../../../support/paths.ts';

const MEASURED: Omit<ModelReport, 'goals'> = {
  model: 'minilm',
  oneThread: [
    { name: 'transformers.js, one by one', cpuMsPerText: 3, wallMsPerText: 3 },
    { name: 'transformers.js, batches of 32', cpuMsPerText: 9, wallMsPerText: 9 },
    { name: 'Verge, one by one', cpuMsPerText: 2, wallMsPerText: 2 },
    { name: 'Verge, batched', cpuMsPerText: 1.5, wallMsPerText: 1.5 },
    { name: 'Verge, the network alone, batched', cpuMsPerText: 1.25, wallMsPerText: 1.25 },
  ],
  defaultThreads: [],
  lengths: [],
  firstAnswer: [{ name: 'wall, ms', peer: 100, verge: 50 }],
  peakMemory: [
    { name: 'after the mix, one by one, MiB', peer: 100, verge: 70 },
    { name: 'after the mix, batched, MiB', peer: 100, verge: 80 },
  ],
  agreement: 0.99,
  bundleShare: 0.26,
};

describe('the benchmark', () => {
  it('takes the middle of a list, and the mean of its middle two', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), quantile([0, 10], 0.9)]).toEqual([2, 2.5, 9]);
  });

  it('knows VNNI, AVX2 and neither by the flags of a processor', () => {
    const found = ['sse2 avx2 avx512_vnni', 'avx2 avx_vnni', 'sse2 avx2', 'asimd'].map(instructionsOf);

    expect(found).toEqual(['VNNI', 'VNNI', 'AVX2', 'other']);
  });

  it("holds speed against the peer's better mode, and memory of our worse mode", () => {
    const goals = judge(MEASURED, 'VNNI');

    expect(goals.map(({ reached, met }) => [reached, met])).toEqual([
      ['1.50', true],
      ['2.00', false],
      ['0.500', true],
      ['0.800', false],
      ['0.260', true],
    ]);
  });

  it('says what the network alone leaves to be reached, where it was measured', () => {
    const goals = judge(MEASURED, 'VNNI');

    expect(goals.slice(0, 2).map(({ bound }) => bound)).toEqual([undefined, '2.40']);
  });

  it('holds a thread of its own against the same targets, by itself', () => {
    const own = [
      { name: 'Verge in a thread of its own, one by one', cpuMsPerText: 3, wallMsPerText: 3 },
      { name: 'Verge in a thread of its own, batched', cpuMsPerText: 1, wallMsPerText: 1 },
    ];

    const goals = judge({ ...MEASURED, oneThread: [...MEASURED.oneThread, ...own] }, 'VNNI');

    expect(goals.filter(({ name }) => name.includes('thread')).map(({ reached, met }) => [reached, met])).toEqual([
      ['1.00', false],
      ['3.00', true],
    ]);
    expect(goals[0]).toMatchObject({ name: 'one by one, times as fast', reached: '1.50' });
  });

  it('sets no speed where nothing is known of a processor', () => {
    const goals = judge(MEASURED, 'other');

    expect(goals.map(({ name }) => name)).not.toContain('one by one, times as fast');
  });

  it('sorts latencies by the length of their texts and leaves empty lengths out', () => {
    const buckets = lengthBuckets({ tokenCounts: [4, 8, 90], peer: [[1, 3, 9]], verge: [[1, 1, 3]] });

    expect(buckets).toEqual([
      { tokens: '1 to 8', texts: 2, peerMs: 2, vergeMs: 1 },
      { tokens: 'from 65', texts: 1, peerMs: 9, vergeMs: 3 },
    ]);
  });

  it('writes processor, versions, ratios and whether a goal is reached', () => {
    const page = renderReport({
      date: '2026-11-24',
      processor: { name: 'Some processor', cores: 2, instructions: 'VNNI' },
      versions: { Node: '20.0.0' },
      rounds: 3,
      texts: 2000,
      models: [{ ...MEASURED, goals: judge(MEASURED, 'VNNI') }],
    });

    expect(page).toContain('Some processor, 2 cores, int8 by VNNI; Node 20.0.0');
    expect(page).toContain('| batched, times as fast | ≥ 2.2 | 2.00 | 2.40 | **not reached** |');
    expect(page).toContain('| Verge, batched | 1.500 | 1.500 | 667 | 2.00 | 2.00 |');
  });

  it('says what is missing in one sentence and exits 2 where the reference data is absent', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-bench-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const inside = path.join(folder, 'repository');
    execFileSync('mkdir', [inside]);

    const ended = spawnSync(process.execPath, [repositoryPath('dist/scripts/bench.js')], { cwd: inside });

    expect(ended.status).toBe(2);
    expect(ended.stderr.toString()).toMatch(/^bench: .*texts\.json is missing; put the reference data .*\.\n$/);
  });

  it('names a model that it does not know and exits 2', () => {
    const ended = spawnSync(process.execPath, [repositoryPath('dist/scripts/bench.js'), '--models', 'mini,huge']);

    expect(ended.status).toBe(2);
    expect(ended.stderr.toString()).toContain('--models has "huge"; the models are mini, minilm.');
  });
});
