/**
 * IAM as far as asking what a role may do: SimulatePrincipalPolicy, in the query protocol, for roles that are given.
 *
 * What it does not do: any other operation; conditions, denials, boundaries, resource policies, and paging. The stack
 * itself holds nobody to what is said here.
 */
import * as client from '@aws-sdk/client-iam';
import { AwsError } from '../aws/aws-error.ts';
import type { AwsPlace } from '../aws/place.ts';
import { operationsOf } from '../aws/protocol/operations.ts';
import { queryProtocol, queryReply } from '../aws/protocol/query.ts';
import { collect } from '../aws/request.ts';
import type { Service } from '../aws/service.ts';

/** What a role may do: actions and resources, both with `*`. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

const MAX_FORM_BYTES = 64 * 1024;

export function iamService({ account }: AwsPlace, roles: ReadonlyMap<string, readonly Grant[]>): Service {
  const schema = operationsOf({ ...client }).get('SimulatePrincipalPolicy');
  if (!schema) throw new Error('The IAM client has no SimulatePrincipalPolicy');
  const route = { name: 'SimulatePrincipalPolicy', schema, labels: {} };
  return {
    name: 'iam',
    protocol: queryProtocol,
    route: () => route,
    async handle(_route, { body, requestId }, _now, seen) {
      const form = new URLSearchParams((await collect(body, MAX_FORM_BYTES)).toString('utf8'));
      const source = form.get('PolicySourceArn') ?? '';
      seen?.({
        PolicySourceArn: source,
        ActionNames: membersOf(form, 'ActionNames'),
        ResourceArns: membersOf(form, 'ResourceArns'),
      });
      const grants = roles.get(source.replace(`arn:aws:iam::${account}:role/`, ''));
      if (!grants) throw new AwsError('NoSuchEntity', 404, `The entity ${source} cannot be found.`);
      const results = membersOf(form, 'ActionNames').flatMap((action) =>
        membersOf(form, 'ResourceArns').map((resource) => ({
          EvalActionName: action,
          EvalResourceName: resource,
          EvalDecision: grants.some((grant) => allows(grant, action, resource)) ? 'allowed' : 'implicitDeny',
        })),
      );
      return queryReply('SimulatePrincipalPolicy', requestId, { EvaluationResults: results, IsTruncated: 'false' });
    },
  };
}

function membersOf(form: URLSearchParams, name: string): string[] {
  return [...form].filter(([key]) => key.startsWith(`${name}.member.`)).map(([, value]) => value);
}

function allows({ actions, resources }: Grant, action: string, resource: string): boolean {
  return actions.some((pattern) => fits(pattern, action)) && resources.some((pattern) => fits(pattern, resource));
}

function fits(pattern: string, text: string): boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${source}$`).test(text);
}
