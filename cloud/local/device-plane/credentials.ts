import { randomBytes } from 'node:crypto';
import type { Keyring } from '../aws/keyring.ts';
import type { RoleAliases } from '../iot/role-aliases.ts';

/** What the credentials provider answers. */
export interface CredentialsAnswer {
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    /** ISO 8601. */
    readonly expiration: string;
  };
}

/** As long as a role alias gives where nobody says. */
const LIFETIME_MS = 60 * 60_000;

/**
 * Temporary keys for a role, which the stack's own door takes until they expire.
 * @throws AwsError ResourceNotFoundException where there is no such alias
 */
export function temporaryCredentials(
  alias: string,
  { aliases, keyring }: { readonly aliases: RoleAliases; readonly keyring: Keyring },
  now: Date,
): CredentialsAnswer {
  aliases.get(alias);
  // As long as those of AWS: ASIA marks a temporary key.
  const accessKeyId = `ASIA${randomBytes(10).toString('hex').toUpperCase().slice(0, 16)}`;
  const secretAccessKey = randomBytes(30).toString('base64');
  const sessionToken = randomBytes(120).toString('base64');
  const expiresAt = new Date(now.getTime() + LIFETIME_MS);
  keyring.add({ accessKeyId, secretAccessKey, sessionToken, expiresAt });
  return { credentials: { accessKeyId, secretAccessKey, sessionToken, expiration: expiresAt.toISOString() } };
}
