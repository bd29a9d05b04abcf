import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { takeFolder } from '../../cloud/demo/own-folder.ts';
import { burstTexts } from '../../cloud/demo/texts.ts';
import { repositoryPath } from '../support/paths.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

function demo(...options: string[]): { readonly folder: string; readonly done: ReturnType<typeof run> } {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-demo-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const verge = repositoryPath('dist/cloud/verge.js');
  return { folder, done: run(process.execPath, [verge, 'demo', '--out', folder, ...options]) };
}

describe('verge demo', () => {
  it('compiles, runs, asks and consumes, and accounts for every text and message', async () => {
    const { folder, done } = demo('--texts', '300', '--no-fleet', '--json');

    const { stdout } = await done;

    const outcome = JSON.parse(String(stdout));
    expect(outcome).toMatchObject({
      textsSent: 472,
      resultsReceived: 472,
      failed: 0,
      duplicates: 0,
      missing: 0,
      malformed: 0,
      labelled: 172,
      runtimeExit: 0,
    });
    expect(outcome.messagesSent).toBe(outcome.messagesReceived);
    expect(outcome.right).toBeGreaterThan(160);
    expect(existsSync(path.join(folder, 'bundle', 'manifest.json'))).toBe(true);
  });

  it('prints its story and what to type next', async () => {
    const { done } = demo('--texts', '50', '--no-fleet');

    const { stdout } = await done;

    expect(stdout).toMatch(
      /1\. Compiled model\.tar\.gz[\s\S]*2\. Started a broker[\s\S]*3\. Answers[\s\S]*4\. Summary of the one device/,
    );
    expect(stdout).toMatch(/texts sent → results received\s+│ 222 → 222/);
    expect(stdout).toContain('Nothing was lost.');
    expect(stdout).toMatch(/Next: npx verge/);
    expect(stdout).toContain('The page: npm start -- --keep');
  });

  it('leaves all up with the page served, and ends all at Ctrl-C', async () => {
    const { done } = demo('--texts', '20', '--no-fleet', '--keep', '--port', '0');
    const child = done.child;
    onTestFinished(() => void child.kill('SIGKILL'));
    const url = await new Promise<string>((resolve) => {
      let said = '';
      child.stdout?.on('data', (piece: Buffer) => {
        said += piece.toString();
        const found = /The page is at (\S+);/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
    });

    const page = await fetch(url);
    const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    await expect.poll(metrics, { timeout: 30_000 }).toMatch(/verge_results_seen 192\n/); // the page listens by itself
    child.kill('SIGINT');
    await done;

    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    await expect(fetch(url)).rejects.toThrow();
  });

  it.each(['lite', 'java'])(
    'rolls three versions out over six %s devices, and lets the good one alone answer',
    async (nucleus) => {
      const { folder, done } = demo('--texts', '1', '--nucleus', nucleus, '--json');

      const { stdout } = await done;

      const { fleet } = JSON.parse(String(stdout));
      const [first, worse, failing] = fleet.rollouts;
      const statuses = (rollout: { waves: { status: string }[] }) => rollout.waves.map(({ status }) => status);
      expect([first.phase, statuses(first)]).toEqual(['done', ['passed', 'passed']]);
      expect([worse.phase, statuses(worse)]).toEqual(['rolled-back', ['reverted', 'waiting', 'waiting']]);
      expect(worse.waves[0].gates[0]).toMatchObject({ gate: 'agreement ≥ 0.97', result: 'fail' });
      expect([failing.phase, statuses(failing)]).toEqual(['rolled-back', ['reverted', 'waiting']]);
      expect(failing.waves[0].reason).toMatch(/golden sample 1 is answered/);
      const unseen = [...worse.waves.slice(1), ...failing.waves.slice(1)];
      for (const { targets } of unseen) for (const target of targets) expect(target).not.toHaveProperty('deployment');
      const { sent, byThing, ...counts } = fleet.traffic;
      const none = { failed: 0, missing: 0, duplicates: 0 };
      expect(counts).toEqual({ answered: sent, ...none, byVersion: { '1.0.0': sent } });
      expect(Object.keys(byThing)).toHaveLength(6);
      expect(existsSync(path.join(folder, 'fleet', 'intents-1-1-0.yaml'))).toBe(true);
    },
    300_000,
  );

  it('empties what it made before, and leaves a folder of somebody else as it is', async () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'fleet'));
    writeFileSync(path.join(folder, 'fleet', 'trucks.txt'), 'mine');
    const own = path.join(folder, 'greengrass');

    await takeFolder(own);
    writeFileSync(path.join(own, 'old.txt'), 'old');
    await takeFolder(own);

    expect(readdirSync(own)).toEqual(['.made-by-verge-demo']);
    await expect(takeFolder(path.join(folder, 'fleet'))).rejects.toMatchObject({
      code: 'DEMO_FOLDER_FOREIGN',
      fault: 'user',
    });
    expect(readdirSync(path.join(folder, 'fleet'))).toEqual(['trucks.txt']);
  });

  it('refuses a burst of no size with code 2', async () => {
    const { done } = demo('--texts', '0');

    await expect(done).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--texts 0') });
  });
});

describe('the texts of a burst', () => {
  it('are distinct, so that no answer comes out of the duplicate cache', () => {
    const samples = Array.from({ length: 60 }, (_, index) => ({ text: `text ${index}` }));

    const texts = burstTexts(samples, 2000).map(({ text }) => text);

    expect(new Set(texts).size).toBe(2000);
  });
});
