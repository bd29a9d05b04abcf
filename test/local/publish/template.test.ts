import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
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

/** Where IAM's name of a service is another than that of the SDK's package. */
const PREFIXES: Readonly<Record<string, string>> = {
  'cloudwatch-logs': 'logs',
  greengrassv2: 'greengrass',
  'service-quotas': 'servicequotas',
};

/** What IAM asks for, where that is no action of the operation's name. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  's3:CompleteMultipartUpload': ['s3:PutObject'],
  's3:CreateMultipartUpload': ['s3:PutObject'],
  's3:HeadBucket': ['s3:ListBucket'],
  's3:HeadObject': ['s3:GetObject'],
  's3:ListMultipartUploads': ['s3:ListBucketMultipartUploads'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  's3:ListParts': ['s3:ListMultipartUploadParts'],
  's3:UploadPart': ['s3:PutObject'],
  'sagemaker:CreateCompilationJob': ['sagemaker:CreateCompilationJob', 'iam:PassRole'],
  'sagemaker:CreateProcessingJob': ['sagemaker:CreateProcessingJob', 'iam:PassRole'],
  // Whoever has a key may ask who that is.
  'sts:GetCallerIdentity': [],
};

/** What the room with the SDK's clients imports to call, as actions of IAM. */
function actionsOfTheProduct(): string[] {
  const folder = repositoryPath('cloud/aws');
  const sources = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8'));
  const found = sources.flatMap((source) =>
    [...source.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([\w-]+)'/g)].flatMap(
      ([, names = '', client = '']) =>
        [...names.matchAll(/\b(\w+)Command\b|\bpaginate(\w+)/g)].map(
          ([, one = '', paged = '']) => `${PREFIXES[client] ?? client}:${one || paged}`,
        ),
    ),
  );
  return [...new Set(found.flatMap((call) => ACTIONS[call] ?? [call]))].toSorted();
}

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Statements of the policies that people have; both sides of a condition. */
function statementsForPeople(): Statement[] {
  const found: Statement[] = [];
  for (const name of ['PublisherPolicy', 'OperatorPolicy', 'JobRunnerPolicy']) {
    collect(resources()[name]?.Properties.PolicyDocument?.Statement, found);
  }
  return found;
}

function collect(node: unknown, found: Statement[]): void {
  if (Array.isArray(node)) for (const one of node) collect(one, found);
  // An object with an action in it is a statement of the template.
  else if (typeof node === 'object' && node !== null && 'Action' in node) found.push(node as Statement);
}

interface Resource {
  readonly Properties: { readonly PolicyDocument?: { readonly Statement: unknown } };
}

function resources(): Readonly<Record<string, Resource>> {
  const { Resources } = parseDocument(readFileSync(template, 'utf8'), { logLevel: 'silent' }).toJS() as {
    Resources: Record<string, Resource>;
  };
  return Resources;
}

describe('the CloudFormation template', () => {
  it.skipIf(!cfnLint)(`passes cfn-lint${cfnLint ? '' : ' (skipped: cfn-lint is absent)'}`, () => {
    const said = execFileSync('cfn-lint', [template]).toString();

    expect(said).toBe('');
  });

  it('allows devices what they download with, on the keys that publishing writes (G9)', () => {
    const statements = resources().DevicePolicy?.Properties.PolicyDocument?.Statement;

    expect(Array.isArray(statements) && statements.slice(0, 2)).toEqual([
      { Effect: 'Allow', Action: 's3:GetObject', Resource: expect.stringMatching(/^\$\{Bucket\.Arn\}\/verge\/\*$/) },
      { Effect: 'Allow', Action: 's3:GetBucketLocation', Resource: 'Bucket.Arn' },
    ]);
  });

  it('allows people each call that the product makes, and no action by a wildcard', () => {
    const allowed = new Set(statementsForPeople().flatMap(({ Action }) => Action));

    const wanted = actionsOfTheProduct();

    expect(wanted).toContain('greengrass:ListEffectiveDeployments');
    expect(wanted.filter((action) => !allowed.has(action))).toEqual([]);
    expect([...allowed].filter((action) => action.includes('*'))).toEqual([]);
  });

  it("lets no role be passed on but the jobs', and to SageMaker alone", () => {
    const passing = statementsForPeople().filter(({ Action }) => [Action].flat().includes('iam:PassRole'));

    expect(passing).toEqual([
      {
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: 'JobRole.Arn',
        Condition: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
      },
    ]);
  });
});
