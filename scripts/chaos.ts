import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { PersonalityName } from '../cloud/local/core/personality.ts';
import { faultsOf, killRounds } from './chaos/kill-rounds.ts';

// `npm run chaos -- --kills 200 --seed 1 [--link greengrass --nucleus lite|java]`: kills the built runtime at random moments
// under load, behind a plain broker or under a local Greengrass core, and reconciles by id.
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    link: { type: 'string', default: 'mqtt' },
    nucleus: { type: 'string', default: 'lite' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url)); // this file runs as dist/scripts/chaos.js
const folder = mkdtempSync(path.join(tmpdir(), 'verge-chaos-'));
const [kills, seed] = [Number(values.kills), Number(values.seed)];
try {
  const bundle = path.join(folder, 'bundle');
  const model = path.join(root, 'test/models/intents-mini/model.tar.gz');
  execFileSync(process.execPath, [path.join(root, 'dist/cloud/verge.js'), 'compile', model, '--out', bundle]);
  const outcome = await killRounds({
    program: path.join(root, 'dist/component/main.js'),
    bundle,
    folder: path.join(folder, 'device'),
    kills,
    seed,
    nucleus: nucleusOf(values),
    onKill: (done, { results }) => process.stderr.write(`\r${done} of ${kills} kills, ${results} results `),
  });
  process.stderr.write('\n');
  const faults = faultsOf(outcome);
  process.stdout.write(
    `${JSON.stringify({ seed, ...outcome, lost: outcome.lost.length, unanswered: outcome.unanswered.length, faults })}\n`,
  );
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function nucleusOf({
  link,
  nucleus,
}: {
  readonly link: string;
  readonly nucleus: string;
}): PersonalityName | undefined {
  if (link === 'mqtt') return undefined;
  if (link === 'greengrass' && (nucleus === 'lite' || nucleus === 'java')) return nucleus;
  throw new Error(`--link is mqtt or greengrass, and --nucleus lite or java; not ${link} and ${nucleus}`);
}
