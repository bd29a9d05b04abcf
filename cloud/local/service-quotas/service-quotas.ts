/**
 * Service Quotas as far as asking for them: the ones that are given, by service.
 *
 * What it does not do: every other operation, requests for more, usage; and the stack holds nobody to what is said here.
 */
import * as client from '@aws-sdk/client-service-quotas';
import { AwsError } from '../aws/aws-error.ts';
import { pageOf } from '../aws/page.ts';
import type { AwsPlace } from '../aws/place.ts';
import { jsonRpc } from '../aws/protocol/json-rpc.ts';
import { defineService, type Service } from '../aws/service.ts';

export interface GivenQuota {
  /** `greengrass`, `sagemaker`. */
  readonly service: string;
  readonly name: string;
  readonly value: number;
}

const PAGES = { most: 100, usual: 100, invalid: 'IllegalArgumentException' };

export function serviceQuotasService({ region, account }: AwsPlace, quotas: readonly GivenQuota[]): Service {
  return defineService({
    name: 'servicequotas',
    client: { ...client },
    protocol: jsonRpc('ServiceQuotasV20190624'),
    handlers: {
      ListServiceQuotas({ ServiceCode = '', MaxResults, NextToken }: client.ListServiceQuotasCommandInput) {
        const found = quotas.filter(({ service }) => service === ServiceCode);
        if (found.length === 0)
          throw new AwsError('NoSuchResourceException', 400, `There is no service ${ServiceCode}`);
        const page = pageOf(found, ({ name }) => name, { maxResults: MaxResults, nextToken: NextToken }, PAGES);
        return {
          Quotas: page.items.map(({ name, value }, index) => ({
            ServiceCode,
            QuotaName: name,
            QuotaCode: `L-LOCAL${index}`,
            QuotaArn: `arn:aws:servicequotas:${region}:${account}:${ServiceCode}/L-LOCAL${index}`,
            Value: value,
            Unit: 'None',
            Adjustable: true,
            GlobalQuota: false,
          })),
          NextToken: page.nextToken,
        };
      },
    },
  });
}
