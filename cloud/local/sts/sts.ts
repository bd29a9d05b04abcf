/**
 * STS as far as asking who one is: GetCallerIdentity, in the query protocol, for whoever has a key of the keyring.
 *
 * What it does not do: any other operation; roles, sessions and federation. Each caller is the account's user `local`.
 */
import * as client from '@aws-sdk/client-sts';
import type { AwsPlace } from '../aws/place.ts';
import { operationsOf } from '../aws/protocol/operations.ts';
import { queryProtocol, queryReply } from '../aws/protocol/query.ts';
import type { Service } from '../aws/service.ts';

export function stsService({ account }: AwsPlace): Service {
  const schema = operationsOf({ ...client }).get('GetCallerIdentity');
  if (!schema) throw new Error('The STS client has no GetCallerIdentity');
  const route = { name: 'GetCallerIdentity', schema, labels: {} };
  return {
    name: 'sts',
    protocol: queryProtocol,
    route: () => route,
    handle: async (_route, { requestId }, _now, seen) => {
      seen?.({});
      return queryReply('GetCallerIdentity', requestId, {
        Arn: `arn:aws:iam::${account}:user/local`,
        UserId: 'AIDALOCALLOCALLOCAL00',
        Account: account,
      });
    },
  };
}
