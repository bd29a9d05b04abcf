import type { Origin } from '../../component/contract/manifest.ts';
import type { TrainingJob } from '../aws/training-jobs.ts';

/** Bundles go to devices; tokens and passwords that a job was given must not. */
const SECRET_NAME = /token|secret|password|passwd|credential|api[-_]?key|access[-_]?key/i;

/** What the manifest says of a training job. Sorted, so that the same job makes the same bytes. */
export function trainingOrigin(job: TrainingJob): NonNullable<Origin['trainingJob']> {
  return {
    arn: job.arn,
    name: job.name,
    ...(job.image === undefined ? {} : { image: job.image }),
    hyperParameters: Object.fromEntries(
      Object.entries(job.hyperParameters)
        .filter(([name]) => !SECRET_NAME.test(name))
        .sort(byName),
    ),
    metrics: Object.fromEntries(Object.entries(job.metrics).sort(byName)),
    ...(job.endedAt === undefined ? {} : { endedAt: job.endedAt.toISOString() }),
  };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
