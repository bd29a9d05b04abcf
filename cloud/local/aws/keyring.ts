/** Credentials that the stack takes. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary credentials only. */
  readonly sessionToken?: string;
  readonly expiresAt?: Date;
}

export interface Keyring {
  add(credentials: Credentials): void;
  find(accessKeyId: string): Credentials | undefined;
}

export function createKeyring(credentials: readonly Credentials[]): Keyring {
  const byId = new Map(credentials.map((one) => [one.accessKeyId, one]));
  return {
    add(one) {
      byId.set(one.accessKeyId, one);
    },
    find: (accessKeyId) => byId.get(accessKeyId),
  };
}
