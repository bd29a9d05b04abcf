import { renderTable } from '../table.ts';
import type { Candidate, Compared } from './compile-best.ts';
import { asJson, describeOutcome } from './report.ts';

/** The candidates as a table, then the report of the one that was kept. */
export function describeCompared({ chosen, job, candidates }: Compared): string {
  const rows = candidates.map((candidate) => [
    candidate.job.name,
    String(candidate.job.objective?.value ?? ''),
    ...measured(candidate),
    candidate.out === undefined ? (candidate.job === job ? 'kept' : '') : candidate.out,
  ]);
  const metric = candidates[0]?.job.objective?.metric ?? 'objective';
  const columns = ['training job', metric, 'size', 'p90, alone', 'accuracy', 'agreement', ''];
  return `${renderTable(columns, rows)}\n${describeOutcome(chosen)}`;
}

export function asComparedJson({ chosen, job, candidates }: Compared): object {
  return {
    ...asJson(chosen),
    chosen: job.name,
    candidates: candidates.map(({ job: { name, objective }, outcome, latencyMs, out }) => ({
      ...{ name, objective, latencyMs, out },
      sizeBytes: outcome?.bundle.sizeBytes,
      fidelity: outcome?.bundle.manifest.fidelity,
    })),
  };
}

function measured({ outcome, latencyMs }: Candidate): string[] {
  if (!outcome) return ['', '', '', ''];
  const { sizeBytes, manifest } = outcome.bundle;
  const share = (value: number | undefined): string => (value === undefined ? '' : `${(value * 100).toFixed(2)} %`);
  return [
    `${(sizeBytes / 1e6).toFixed(1)} MB`,
    `${(latencyMs ?? 0).toFixed(1)} ms`,
    share(manifest.fidelity?.accuracy),
    share(manifest.fidelity?.agreement),
  ];
}
