import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { growthOf, inFifths, trendOf } from './soak/samples.ts';
import { soak } from './soak/soak.ts';

// `npm run soak -- --minutes 10 --swaps 200`: whether the built runtime leaks or loses anything over time.
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, swaps: { type: 'string', default: '200' } },
});
const root = fileURLToPath(new URL('../..', import.meta.url)); // this file runs as dist/scripts/soak.js
const folder = mkdtempSync(path.join(tmpdir(), 'verge-soak-'));
const swaps = Number(values.swaps);
try {
  const outcome = await soak({
    component: path.join(root, 'dist/component'),
    bundles: [compile('1.0.0'), compile('1.1.0')],
    folder: path.join(folder, 'device'),
    durationMs: Number(values.minutes) * 60_000,
    swaps,
    onSwap: (done, { results }) => process.stderr.write(`\r${done} of ${swaps} swaps, ${results} results `),
  });
  process.stderr.write('\n');
  const fifths = inFifths(outcome.samples);
  const table = new Table({ head: ['fifth', 'RSS MiB', 'most', 'descriptors', 'threads', 'results'] });
  fifths.forEach(({ rssMiB, maxRssMiB, descriptors, threads, results }, index) => {
    table.push([index + 1, rssMiB.toFixed(1), maxRssMiB.toFixed(1), descriptors, threads, results]);
  });
  const trend = trendOf(outcome.samples);
  const faults = [...growthOf(fifths, trend), ...outcome.faults];
  process.stdout.write(`${table}\n`);
  process.stdout.write(`second half: RSS moves by ${trend.riseMiB.toFixed(1)} ± ${trend.doubtMiB.toFixed(1)} MiB\n`);
  process.stdout.write(`${outcome.swaps} swaps, ${outcome.cuts} cuts, ${outcome.textsSent} texts: `);
  process.stdout.write(
    faults.length > 0 ? `${faults.join('; ')}\n` : 'nothing grows from the second fifth on, nothing is lost\n',
  );
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function compile(version: string): string {
  const bundle = path.join(folder, version);
  const model = path.join(root, 'test/models/intents-mini/model.tar.gz');
  const words = ['compile', model, '--out', bundle, '--model-version', version];
  execFileSync(process.execPath, [path.join(root, 'dist/cloud/verge.js'), ...words]);
  return bundle;
}
