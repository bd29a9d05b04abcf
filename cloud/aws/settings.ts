/** Where and how AWS is reached; what is undefined, the SDK finds itself: profile, SSO, role, instance, endpoints. */
export interface AwsSettings {
  readonly region?: string;
  /** Of all services, for a stack on this machine. */
  readonly endpoint?: string;
  /** Buckets in the path: names below an endpoint of one's own don't resolve everywhere. */
  readonly forcePathStyle?: boolean;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Tries of one request, with the first. Default: 5. */
  readonly maxAttempts?: number;
  /** Before the second try, at most; doubled for each one after, with jitter. Default: the SDK's. */
  readonly retryBaseMs?: number;
  /** A connection that is silent for this long is given up. Default: 30 s. */
  readonly idleTimeoutMs?: number;
}

/** What this SDK doesn't take from the environment, though other AWS tools do. It reads AWS_ENDPOINT_URL… itself. */
export function readAwsSettings(environment: Readonly<NodeJS.ProcessEnv>): AwsSettings {
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION;
  const ownEndpoint = environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL;
  return { ...(region ? { region } : {}), ...(ownEndpoint ? { forcePathStyle: true } : {}) };
}
