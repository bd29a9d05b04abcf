import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { repositoryPath } from '../../support/paths.ts';

const template = repositoryPath('docs/cloudformation/verge.yaml');
const cfnLint = ((): boolean => {
  try {
    execFileSync('cfn-lint', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('the CloudFormation template', () => {
  it.skipIf(!cfnLint)(`passes cfn-lint${cfnLint ? '' : ' (skipped: cfn-lint is absent)'}`, () => {
    const said = execFileSync('cfn-lint', [template]).toString();

    expect(said).toBe('');
  });

  it('allows devices what they download with, on the keys that publishing writes (G9)', () => {
    const { Resources } = parseDocument(readFileSync(template, 'utf8'), { logLevel: 'silent' }).toJS() as {
      Resources: { DevicePolicy: { Properties: { PolicyDocument: { Statement: unknown[] } } } };
    };

    expect(Resources.DevicePolicy.Properties.PolicyDocument.Statement.slice(0, 2)).toEqual([
      { Effect: 'Allow', Action: 's3:GetObject', Resource: expect.stringMatching(/^\$\{Bucket\.Arn\}\/verge\/\*$/) },
      { Effect: 'Allow', Action: 's3:GetBucketLocation', Resource: 'Bucket.Arn' },
    ]);
  });
});
