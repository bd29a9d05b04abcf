import { checkpointErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import { quote } from '../quote.ts';

/**
 * A path of an archive, cut at its slashes, without `.`; empty for the root itself.
 * @throws ARCHIVE_ENTRY_ESCAPES, ARCHIVE_PATH_TOO_LONG
 */
export function entryPath(path: string): string[] {
  if (Buffer.byteLength(path) > limits.entryPathBytes) {
    throw checkpointErrors.make(
      'ARCHIVE_PATH_TOO_LONG',
      `Entry ${quote(path)} has a path of more than ${limits.entryPathBytes} bytes`,
    );
  }
  const parts = path.split('/');
  const reason = reasonToRefuse(path, parts);
  if (reason !== undefined) throw checkpointErrors.make('ARCHIVE_ENTRY_ESCAPES', `Entry ${quote(path)} ${reason}`);
  return parts.filter((part) => part !== '' && part !== '.');
}

function reasonToRefuse(path: string, parts: readonly string[]): string | undefined {
  if (path.includes('\0')) return 'has a NUL in its path';
  if (path.includes('\\')) return 'has a backslash in its path';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'has an absolute path';
  if (parts.includes('..')) return 'leads out of the archive';
  return undefined;
}
