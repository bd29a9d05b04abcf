import { BUNDLE_FILES } from '../../../component/contract/manifest.ts';
import { fidelityRows, originRows } from '../../bundle/report.ts';
import type { CompileOutcome } from '../compile.ts';
import { renderTable } from '../table.ts';

/** The report that a person reads: a table, then what to type next. */
export function describeOutcome({ bundle, compiled, warnings }: CompileOutcome): string {
  const { manifest } = bundle;
  const float32 = manifest.provenance.float32Bytes;
  const rows: [string, string][] = [
    [
      'model',
      `${manifest.name} ${manifest.version} (${manifest.provenance.modelType}, ${manifest.labels.length} labels)`,
    ],
    [
      'precision',
      `${manifest.graph.precision}${compiled.smoothing ? `, smoothed (α ${compiled.smoothing.alpha})` : ''}`,
    ],
    [
      'bundle',
      `${megabytes(bundle.sizeBytes)} (${((bundle.sizeBytes / float32) * 100).toFixed(1)} % of ${megabytes(float32)} in fp32)`,
    ],
    ...originRows(manifest),
    ...fidelityRows(manifest),
  ];
  const [worst] = compiled.worst;
  if (worst) rows.push(['changed most', `${worst.text.slice(0, 60)} (${worst.probabilityChange.toFixed(3)})`]);
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    renderTable([], rows),
    `Wrote ${bundle.folder} (digest ${bundle.digest.slice(0, 12)}; report in ${BUNDLE_FILES.card}).`,
    `Next: verge classify ${bundle.folder} --text "…"`,
    '',
  ].join('\n');
}

/** What `--json` prints. */
export function asJson({ bundle, compiled, warnings }: CompileOutcome): object {
  return {
    folder: bundle.folder,
    digest: bundle.digest,
    sizeBytes: bundle.sizeBytes,
    warnings,
    worst: compiled.worst,
    manifest: bundle.manifest,
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
