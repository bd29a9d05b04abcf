import { defineErrors } from '../../component/contract/error.ts';

/** What can go wrong when AWS is asked. */
export const awsErrors = defineErrors({
  AWS_CREDENTIALS_MISSING: {
    fault: 'user',
    next: 'Sign in (`aws sso login`, `aws configure`), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  },
  AWS_CREDENTIALS_EXPIRED: {
    fault: 'user',
    next: 'Sign in again (`aws sso login`), or fetch new temporary credentials',
  },
  AWS_CREDENTIALS_REFUSED: {
    fault: 'user',
    next: 'Check the access key and its secret: `aws sts get-caller-identity` says whose they are',
  },
  AWS_REGION_MISSING: { fault: 'user', next: 'Set AWS_REGION, or `region` in the profile' },
  AWS_ACCESS_DENIED: { fault: 'user', next: 'Ask for the permission that the message names, or use another identity' },
  AWS_CLOCK_WRONG: { fault: 'user', next: 'Set the clock of this machine' },
  AWS_THROTTLED: { fault: 'user', next: 'Wait a minute and run it again' },
  AWS_UNREACHABLE: { fault: 'user', next: 'Check the network, the proxy and AWS_ENDPOINT_URL, then run it again' },
  AWS_SERVICE_FAILED: { fault: 'verge', next: 'The trouble is at AWS: run it again later' },
  AWS_REQUEST_REFUSED: { fault: 'user', next: 'Check the name or address that was given' },
  AWS_BUCKET_MISSING: {
    fault: 'user',
    next: 'Create the stack of docs/cloudformation/verge.yaml, or name your bucket with --bucket',
  },
  AWS_REGION_WRONG: { fault: 'user', next: "Give the bucket's own region with --region: components take no other" },
  AWS_RECIPE_REFUSED: { fault: 'verge', next: 'Check name and version; else this is a bug in the recipe: report it' },
  AWS_TRAINING_JOB_NOT_FOUND: {
    fault: 'user',
    next: 'Check name, region and account: `aws sagemaker list-training-jobs` shows what is there',
  },
  AWS_TUNING_JOB_NOT_FOUND: {
    fault: 'user',
    next: 'Check name, region and account: `aws sagemaker list-hyper-parameter-tuning-jobs` shows what is there',
  },
  AWS_MODEL_PACKAGE_NOT_FOUND: {
    fault: 'user',
    next: 'Check name, region and account: `aws sagemaker list-model-packages --model-package-group-name GROUP` shows what is there',
  },
  AWS_OBJECT_NOT_FOUND: { fault: 'user', next: 'Check bucket and key: `aws s3 ls` shows what is there' },
  AWS_OBJECT_TOO_LARGE: { fault: 'user', next: 'Look at what wrote it: Verge did not' },
  AWS_OBJECT_CHANGED: { fault: 'user', next: 'Somebody wrote to it meanwhile: run it again' },
});
