import path from 'node:path';
import type { AwsPlace } from '../aws/place.ts';
import type { Service } from '../aws/service.ts';
import { type Authority, openAuthority } from '../certificates/authority.ts';
import { type Greengrass, openGreengrass } from '../greengrass/greengrass.ts';
import { s3Artifacts } from '../greengrass/s3-artifacts.ts';
import { iamService } from '../iam/iam.ts';
import { type Certificates, openCertificates } from '../iot/certificates.ts';
import { iotService } from '../iot/iot.ts';
import { type Jobs, openJobs } from '../iot/jobs.ts';
import { openRegistry, type Registry } from '../iot/registry.ts';
import { openRoleAliases, type RoleAliases } from '../iot/role-aliases.ts';
import { openLogs } from '../logs/logs.ts';
import { openS3 } from '../s3/service.ts';
import { openSageMaker, type SageMaker } from '../sagemaker/service.ts';
import { type GivenQuota, serviceQuotasService } from '../service-quotas/service-quotas.ts';
import { stsService } from '../sts/sts.ts';

/** Every stood-in service of a stack, each with its own folder below the stack's. */
export interface Services {
  readonly all: readonly Service[];
  readonly s3: Service;
  readonly sageMaker: SageMaker;
  readonly greengrass: Greengrass;
  readonly registry: Registry;
  readonly jobs: Jobs;
  readonly authority: Authority;
  readonly certificates: Certificates;
  readonly roleAliases: RoleAliases;
}

export interface ServicesOptions {
  readonly folder: string;
  readonly place: AwsPlace;
  /** `verge publish` looks there by itself. */
  readonly bucket: string;
  /** Name of the role that devices and jobs have. */
  readonly role: string;
  /** Address of each IoT endpoint, by its type; may be filled when it is known. */
  readonly iotEndpoints: Readonly<Record<string, string>>;
  /** What points a job's process at the stack, which is up by then. */
  environment(): Readonly<Record<string, string>>;
}

/** Numbers of no account: enough that nothing is in the way. */
const QUOTAS: readonly GivenQuota[] = [
  { service: 'greengrass', name: 'Component versions', value: 5000 },
  { service: 'sagemaker', name: 'ml.m5.xlarge for processing job usage', value: 2 },
];

export async function openServices(options: ServicesOptions): Promise<Services> {
  const { place, bucket, role, iotEndpoints } = options;
  const at = (name: string): string => path.join(options.folder, name);
  const account = { region: place.region, accountId: place.account };
  const s3 = await openS3({ folder: at('s3'), ...account });
  const logs = openLogs(at('logs'));
  const house = { folder: at('jobs'), s3, logs, environment: options.environment };
  const sageMaker = openSageMaker({ folder: at('sagemaker'), ...account, house });
  const registry = openRegistry(at('iot'), place);
  const jobs = openJobs(at('iot'), registry, () => new Date());
  const greengrass = openGreengrass({ folder: at('greengrass'), registry, jobs, artifacts: s3Artifacts(s3) });
  const authority = await openAuthority(at('certificates'));
  const certificates = openCertificates(path.join(at('iot'), 'certificates'), place, authority);
  const roleAliases = openRoleAliases(path.join(at('iot'), 'role-aliases'), place);
  const iot = { folder: at('iot'), registry, jobs, certificates, roleAliases };
  const grants = [
    { actions: ['s3:GetObject'], resources: [`arn:aws:s3:::${bucket}/*`] },
    { actions: ['s3:GetBucketLocation'], resources: [`arn:aws:s3:::${bucket}`] },
  ];
  return {
    all: [
      s3,
      sageMaker.service,
      logs.service,
      iotService({ ...iot, endpoints: iotEndpoints }),
      greengrass.service,
      iamService(place, new Map([[role, grants]])),
      stsService(place),
      serviceQuotasService(place, QUOTAS),
    ],
    ...{ s3, sageMaker, greengrass, registry, jobs, authority, certificates, roleAliases },
  };
}
