import type { StackDescription } from '../../local/stack/description.ts';
import { renderTable } from '../table.ts';

const WHAT: Readonly<Record<string, string>> = {
  s3: 'buckets and objects',
  sagemaker: 'training jobs, model packages, processing and compilation jobs',
  logs: 'logs of processing jobs',
  iot: 'things, groups, jobs',
  greengrass: 'component versions, deployments, core devices',
  iam: 'what a role may do',
  sts: 'who asks',
  servicequotas: 'how much of a thing there may be',
  mqtt: 'the broker, for consumers and whoever sends texts',
  'mqtt of devices': 'the same broker over TLS, for core devices with their certificate',
  'https of devices': 'component candidates and credentials, for core devices with their certificate',
};

/** The table of `verge local status`. */
export function describeStack(stack: StackDescription, logFile: string): string {
  const services = stack.services.map(({ name, address, calls }) => [
    name,
    address,
    WHAT[name] ?? '',
    calls === undefined ? '' : String(calls),
  ]);
  const devices = stack.devices.flatMap(({ thing, status, nucleus, components }) => {
    const none = [{ name: '(no components)', version: '', state: '' }];
    return (components.length > 0 ? components : none).map(({ name, version, state }, index) =>
      index === 0 ? [thing, nucleus, status, name, version, state] : ['', '', '', name, version, state],
    );
  });
  return [
    `Up since ${stack.since} (process ${stack.pid}, log ${logFile}), region ${stack.region}, account ${stack.account}.`,
    renderTable(['service', 'address', 'has', 'calls'], services),
    ...(devices.length > 0
      ? [renderTable(['device', 'nucleus', 'status', 'component', 'version', 'state'], devices)]
      : ['No devices.']),
    stack.trainingJobs.length > 0 ? `Training jobs: ${stack.trainingJobs.join(', ')}` : 'No training jobs.',
    '',
  ].join('\n');
}
