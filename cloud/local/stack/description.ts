/** What a stack says of itself; `verge local status --json` prints it. */
export interface StackDescription {
  readonly pid: number;
  readonly folder: string;
  /** ISO 8601. */
  readonly since: string;
  readonly region: string;
  readonly account: string;
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly broker: string;
  /** Where `verge publish` puts what it uploads. */
  readonly bucket: string;
  /** Role of the devices, of processing jobs and of compilation jobs. */
  readonly role: string;
  readonly services: readonly { readonly name: string; readonly address: string; readonly calls?: number }[];
  readonly devices: readonly DeviceDescription[];
  readonly trainingJobs: readonly string[];
}

export interface DeviceDescription {
  readonly thing: string;
  /** UNKNOWN until it has said something of itself. */
  readonly status: string;
  readonly nucleus: string;
  readonly components: readonly { readonly name: string; readonly version: string; readonly state: string }[];
}
