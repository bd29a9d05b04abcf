import type { StackDescription } from '../../local/stack/description.ts';
import type { StackState } from '../../local/stack/state.ts';

/** What would lead a tool elsewhere, in spite of the others: profiles go before keys in the environment. */
const IN_THE_WAY = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_CA_BUNDLE',
  'VERGE_BUCKET',
];

export interface StackEnvironment {
  readonly set: Readonly<Record<string, string>>;
  /** Variables that must not be there. */
  readonly unset: readonly string[];
}

/**
 * Points any AWS SDK or CLI, and so `verge` itself, at the stack.
 * @param environment of whoever will use it: endpoints of single services that are set there go before the one of all
 */
export function environmentOf(
  { endpoint, region, role, broker }: StackDescription,
  { accessKeyId, secretAccessKey }: StackState,
  environment: Readonly<NodeJS.ProcessEnv>,
): StackEnvironment {
  const ownEndpoints = Object.keys(environment).filter((name) => name.startsWith('AWS_ENDPOINT_URL_'));
  return {
    set: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      VERGE_JOB_ROLE: role,
      VERGE_BROKER: broker,
    },
    unset: [...IN_THE_WAY, ...ownEndpoints].filter((name) => environment[name] !== undefined),
  };
}

/** For `eval`, in any shell that POSIX describes. */
export function asShell({ set, unset }: StackEnvironment): string {
  return [
    ...unset.map((name) => `unset ${name}`),
    ...Object.entries(set).map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`),
    '',
  ].join('\n');
}
