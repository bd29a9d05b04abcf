import { expect, it } from 'vitest';
import { readAwsSettings } from '../../../../cloud/aws/settings.ts';

it.each([
  [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' }, { region: 'eu-west-1' }],
  [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-1' }, { region: 'us-east-1' }],
  [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }, { forcePathStyle: true }],
  [{ AWS_ENDPOINT_URL_S3: 'http://s3.local' }, { forcePathStyle: true }],
  [{ AWS_ENDPOINT_URL: '' }, {}],
])('reads of %j what the SDK would not', (environment, expected) => {
  const settings = readAwsSettings(environment);

  expect(settings).toEqual(expected);
});
