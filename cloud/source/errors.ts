import { defineErrors } from '../../component/contract/error.ts';

/** What can be wrong with where a model comes from. */
export const originErrors = defineErrors({
  ORIGIN_ADDRESS_INVALID: {
    fault: 'user',
    next: 'Give s3://BUCKET/KEY, training-job:NAME, tuning-job:NAME, model-package:ARN, model-package:GROUP, or a path',
  },
  ORIGIN_JOB_UNFINISHED: { fault: 'user', next: 'Wait until it has completed' },
  ORIGIN_JOB_FAILED: { fault: 'user', next: 'Give a job that has completed' },
  ORIGIN_JOB_EMPTY: { fault: 'user', next: 'Give a job whose script saves its model in SM_MODEL_DIR' },
  ORIGIN_TUNING_EMPTY: { fault: 'user', next: 'Give one of its training jobs by name: training-job:NAME' },
  ORIGIN_PACKAGE_NOT_APPROVED: {
    fault: 'user',
    next: 'Have it approved (`aws sagemaker update-model-package --model-approval-status Approved`), or give another version',
  },
  ORIGIN_PACKAGE_EMPTY: { fault: 'user', next: 'Give the s3:// address of the model.tar.gz to compile' },
  ORIGIN_NOT_ONE_FILE: {
    fault: 'user',
    next: 'Fetch it (`aws s3 cp --recursive ADDRESS FOLDER`) and give the folder, or let the job compress its output',
  },
  ORIGIN_ARTIFACT_GONE: {
    fault: 'user',
    next: 'Somebody deleted it: restore the version of the object, or train again',
  },
  ORIGIN_TOO_LARGE: {
    fault: 'user',
    next: 'Keep checkpoints and optimizer states out of SM_MODEL_DIR, so that the archive holds the model alone',
  },
  ORIGIN_DISK_FULL: { fault: 'user', next: 'Make room there, or point the TMPDIR variable to a larger disk' },
  ORIGIN_CONNECTION_BROKEN: { fault: 'user', next: 'Check the network and run it again' },
  ORIGIN_DAMAGED: { fault: 'user', next: 'Run it again; if it stays, the object in S3 is not what was uploaded' },
});
