import { makeS3Client, makeSageMakerClient } from './clients.ts';
import { type ModelPackages, modelPackagesOf } from './model-packages.ts';
import { type ObjectReader, objectReaderOf } from './objects.ts';
import type { AwsSettings } from './settings.ts';
import { type TrainingJobs, trainingJobsOf } from './training-jobs.ts';

/** What a source of models is asked through. */
export interface SourcePorts {
  readonly trainingJobs: TrainingJobs;
  readonly modelPackages: ModelPackages;
  readonly objects: ObjectReader;
  /** Ends the connections. */
  close(): void;
}

export function connectSources(settings: AwsSettings): SourcePorts {
  const [s3, sageMaker] = [makeS3Client(settings), makeSageMakerClient(settings)];
  return {
    trainingJobs: trainingJobsOf(sageMaker),
    modelPackages: modelPackagesOf(sageMaker),
    objects: objectReaderOf(s3),
    close() {
      s3.destroy();
      sageMaker.destroy();
    },
  };
}
