import { makeLogsClient, makeS3Client, makeSageMakerClient } from './clients.ts';
import { type CompilationJobs, compilationJobsOf } from './compilation-jobs.ts';
import { type FileStore, fileStoreOf } from './file-store.ts';
import { type JobLogs, jobLogsOf } from './job-logs.ts';
import { type ObjectReader, objectReaderOf } from './objects.ts';
import { type ProcessingJobs, processingJobsOf } from './processing-jobs.ts';
import { readIdentity } from './publishing.ts';
import type { AwsSettings } from './settings.ts';

/** What a job in the cloud is ordered, followed and fetched through. */
export interface JobPorts {
  readonly processing: ProcessingJobs;
  readonly compilation: CompilationJobs;
  readonly files: FileStore;
  readonly objects: ObjectReader;
  logs(job: string): JobLogs;
  /** Where jobs' files go unless the user says otherwise: `verge-ACCOUNT-REGION`. */
  usualBucket(): Promise<string>;
  /** Ends the connections. */
  close(): void;
}

export function connectJobs(settings: AwsSettings, signal: AbortSignal): JobPorts {
  const [s3, sageMaker, logs] = [makeS3Client(settings), makeSageMakerClient(settings), makeLogsClient(settings)];
  return {
    processing: processingJobsOf(sageMaker, signal),
    compilation: compilationJobsOf(sageMaker, signal),
    files: fileStoreOf(s3, signal),
    objects: objectReaderOf(s3),
    logs: (job) => jobLogsOf(logs, job, signal),
    async usualBucket() {
      const { account, region } = await readIdentity(settings, signal);
      return `verge-${account}-${region}`;
    },
    close() {
      for (const client of [s3, sageMaker, logs]) client.destroy();
    },
  };
}
