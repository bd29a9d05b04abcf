import { defineErrors } from '../../component/contract/error.ts';

/** What can be wrong with a job that runs in the cloud. */
export const processingErrors = defineErrors({
  JOB_FAILED: { fault: 'user', next: 'Mend that and run it again: it becomes another job' },
  JOB_NAME_SPENT: { fault: 'user', next: 'Choose another name with --job-name: SageMaker uses none twice' },
  JOB_ARGUMENT_TOO_LONG: { fault: 'user', next: 'Use a shorter name or address' },
  JOB_OUTPUT_MISSING: { fault: 'user', next: 'Run it again with another --job-name' },
  JOB_PROGRAM_MISSING: { fault: 'verge', next: 'Build it with `npm run build`' },
  JOB_SOURCE_LOCAL: {
    fault: 'user',
    next: 'Put it into S3 and give its s3:// address, or leave out --on sagemaker and --neo',
  },
});
