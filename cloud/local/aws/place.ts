/** The one account and region that the stack plays. */
export interface AwsPlace {
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
}

/** `arn:aws:SERVICE:REGION:ACCOUNT:REST`. */
export function arnOf({ region, account }: AwsPlace, service: string, rest: string): string {
  return `arn:aws:${service}:${region}:${account}:${rest}`;
}

/** What stands behind the account of an ARN; undefined where it is of another service, region or account. */
export function restOfArn({ region, account }: AwsPlace, service: string, arn: string): string | undefined {
  const start = `arn:aws:${service}:${region}:${account}:`;
  return arn.startsWith(start) ? arn.slice(start.length) : undefined;
}
