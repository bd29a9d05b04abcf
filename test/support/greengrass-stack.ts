import path from 'node:path';
import { GreengrassV2Client } from '@aws-sdk/client-greengrassv2';
import { IoTClient } from '@aws-sdk/client-iot';
import { onTestFinished } from 'vitest';
import type { Service } from '../../cloud/local/aws/service.ts';
import { type Authority, openAuthority } from '../../cloud/local/certificates/authority.ts';
import { type Greengrass, openGreengrass } from '../../cloud/local/greengrass/greengrass.ts';
import { s3Artifacts } from '../../cloud/local/greengrass/s3-artifacts.ts';
import { type Certificates, openCertificates } from '../../cloud/local/iot/certificates.ts';
import { iotService } from '../../cloud/local/iot/iot.ts';
import { type Jobs, openJobs } from '../../cloud/local/iot/jobs.ts';
import { openRegistry, type Registry } from '../../cloud/local/iot/registry.ts';
import { openRoleAliases, type RoleAliases } from '../../cloud/local/iot/role-aliases.ts';
import { openS3 } from '../../cloud/local/s3/service.ts';
import { stsService } from '../../cloud/local/sts/sts.ts';
import { startTestStack, type TestStack, testAccountId, testCredentials, testRegion } from './aws-stack.ts';
import { scratchFolder } from './scratch.ts';

export interface GreengrassStack extends TestStack {
  readonly registry: Registry;
  readonly iotJobs: Jobs;
  readonly greengrassService: Greengrass;
  readonly authority: Authority;
  readonly certificates: Certificates;
  readonly roleAliases: RoleAliases;
  greengrass(config?: { readonly maxAttempts?: number; readonly region?: string }): GreengrassV2Client;
  iot(): IoTClient;
  /** What points a command, or any other AWS tool, at the stack. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface GreengrassStackOptions {
  readonly folder?: string;
  readonly now?: () => Date;
  readonly beforeInspection?: () => Promise<void>;
  readonly services?: readonly Service[];
}

/** S3, IoT, STS and Greengrass V2 behind one door, with a folder of this test's own. */
export async function startGreengrassStack(options: GreengrassStackOptions = {}): Promise<GreengrassStack> {
  const folder = options.folder ?? scratchFolder();
  const place = { region: testRegion, account: testAccountId };
  const clock = options.now ?? (() => new Date());
  const s3 = await openS3({ folder: path.join(folder, 's3'), region: testRegion, accountId: testAccountId });
  const registry = openRegistry(path.join(folder, 'iot'), place);
  const jobs = openJobs(path.join(folder, 'iot'), registry, clock);
  const endpoints = { 'iot:Data-ATS': 'localhost:8883', 'iot:CredentialProvider': 'localhost:8443' };
  const greengrassService = openGreengrass({
    folder: path.join(folder, 'greengrass'),
    registry,
    jobs,
    artifacts: s3Artifacts(s3),
    ...(options.beforeInspection ? { beforeInspection: options.beforeInspection } : {}),
  });
  const authority = await openAuthority(path.join(folder, 'certificates'));
  const certificates = openCertificates(path.join(folder, 'iot', 'certificates'), place, authority);
  const roleAliases = openRoleAliases(path.join(folder, 'iot', 'role-aliases'), place);
  const iotFolder = path.join(folder, 'iot');
  const iot = iotService({ folder: iotFolder, registry, jobs, endpoints, certificates, roleAliases });
  const services = [iot, greengrassService.service, stsService(place), ...(options.services ?? [])];
  const stack = await startTestStack({ folder, now: clock, s3, services });
  const base = { endpoint: stack.url, region: testRegion, credentials: testCredentials, maxAttempts: 1 };
  return {
    ...stack,
    registry,
    iotJobs: jobs,
    greengrassService,
    authority,
    certificates,
    roleAliases,
    environment: {
      AWS_ENDPOINT_URL: stack.url,
      AWS_REGION: testRegion,
      AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
    greengrass(config = {}) {
      const client = new GreengrassV2Client({ ...base, ...config });
      onTestFinished(() => client.destroy());
      return client;
    },
    iot() {
      const client = new IoTClient(base);
      onTestFinished(() => client.destroy());
      return client;
    },
  };
}
