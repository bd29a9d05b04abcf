import { isIPv4 } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import {
  DEFAULT_REDACT_PATTERNS,
  SETTINGS_SCHEMA_VERSION,
  type Settings,
  settingsSchema,
} from '../contract/settings.ts';
import { configErrors } from './errors.ts';

const MAX_ISSUES = 5;

/** Names are not looked up: another than `localhost` may be anything. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/**
 * Raw settings → checked, completed, frozen. Loads the engine of redaction where there are patterns of the operator's own.
 * @param place where they come from, for the message
 * @throws VergeError CONFIG_VERSION_UNKNOWN, CONFIG_INVALID with every key that is wrong
 */
export async function parseSettings(raw: unknown, place: string): Promise<Settings> {
  const version = typeof raw === 'object' && raw !== null && 'schemaVersion' in raw ? raw.schemaVersion : undefined;
  if (typeof version === 'number' && version !== SETTINGS_SCHEMA_VERSION) {
    throw configErrors.make(
      'CONFIG_VERSION_UNKNOWN',
      `${place}: schemaVersion is ${version}, and this runtime reads ${SETTINGS_SCHEMA_VERSION}`,
    );
  }
  const parsed = settingsSchema.safeParse(raw);
  if (!parsed.success) {
    const issues = parsed.error.issues
      .slice(0, MAX_ISSUES)
      .map(({ path, message }) => `${path.join('.') || 'the top'}: ${message}`);
    throw configErrors.make('CONFIG_INVALID', `${place} is wrong at ${issues.join('; ')}`);
  }
  const { brokerCertificateFile, brokerKeyFile } = parsed.data;
  if ((brokerCertificateFile === undefined) !== (brokerKeyFile === undefined)) {
    throw configErrors.make('CONFIG_INVALID', `${place} has one of brokerCertificateFile and brokerKeyFile, not both`);
  }
  const { driftPsiBegin, driftPsiEnd, driftRateBegin, driftRateEnd } = parsed.data;
  if (driftPsiEnd >= driftPsiBegin || driftRateEnd >= driftRateBegin) {
    const what = `${place} lets drift end at driftPsiEnd ${driftPsiEnd} and driftRateEnd ${driftRateEnd}, which must be below driftPsiBegin ${driftPsiBegin} and driftRateBegin ${driftRateBegin}`;
    throw configErrors.make('CONFIG_INVALID', what);
  }
  const { httpPort, httpHost, httpTokenFile } = parsed.data;
  if (httpPort !== undefined && httpTokenFile === undefined && !isLoopback(httpHost)) {
    const what = `${place} has the httpHost ${httpHost}, which others can reach, and no httpTokenFile`;
    throw configErrors.make('CONFIG_INVALID', what);
  }
  const objection = await objectionTo(parsed.data.captureRedact);
  if (objection !== undefined) throw configErrors.make('CONFIG_INVALID', `${place} is wrong at ${objection}`);
  return Object.freeze(parsed.data);
}

/** Those that come by default are known to hold; the engine and their letters of every script cost memory once they are used. */
async function objectionTo(patterns: readonly string[]): Promise<string | undefined> {
  if (isDeepStrictEqual(patterns, DEFAULT_REDACT_PATTERNS)) return undefined;
  const { objectionToPatterns } = await import('../contract/redact-pattern.ts');
  return objectionToPatterns(patterns);
}
