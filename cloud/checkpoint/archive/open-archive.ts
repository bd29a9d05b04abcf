import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { CheckpointSource } from '../checkpoint.ts';
import type { FoundFiles } from '../choose-model.ts';
import { checkpointErrors } from '../errors.ts';
import { quote } from '../quote.ts';
import { boundSize } from './bound-size.ts';
import { unpackModel } from './unpack.ts';

/** Told while an archive is read: bytes of the file, not of what is in it. */
export type OnProgress = (bytesRead: number, totalBytes: number) => void;

export interface OpenedArchive {
  readonly found: FoundFiles;
  readonly source: CheckpointSource;
}

/**
 * Reads an archive once: digest, decompression and unpacking in one pass.
 * @param target private, empty folder that receives the files; the caller removes it, also on failure.
 */
export async function openArchive(
  path: string,
  compression: 'gzip' | 'none',
  target: string,
  options: { readonly signal?: AbortSignal | undefined; readonly onProgress?: OnProgress | undefined },
): Promise<OpenedArchive> {
  const { size: totalBytes } = await stat(path);
  const hash = createHash('sha256');
  let bytesRead = 0;
  async function* tap(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of stream) {
      hash.update(chunk);
      bytesRead += chunk.length;
      options.onProgress?.(bytesRead, totalBytes);
      yield chunk;
    }
  }
  const plain = compression === 'none' ? new PassThrough() : createGunzip();
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  // A failure on this side destroys `plain`, and so ends the other side with the same error.
  const feeding = pipeline(createReadStream(path), tap, plain, signal).catch(() => undefined);
  try {
    const found = await unpackModel(
      boundSize(plain, () => bytesRead),
      target,
    );
    await feeding;
    if ('bytesWritten' in plain && plain.bytesWritten < totalBytes) {
      throw checkpointErrors.make(
        'GZIP_TRAILING',
        `${quote(basename(path))} goes on for ${totalBytes - plain.bytesWritten} bytes after its compressed data`,
      );
    }
    return {
      found,
      source: { kind: 'archive', name: basename(path), sha256: hash.digest('hex'), sizeBytes: totalBytes },
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw gzipError(error, quote(basename(path)));
  } finally {
    plain.destroy();
    await feeding;
  }
}

/** zlib's codes as sentences; everything else as it is. */
function gzipError(error: unknown, name: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR')
    return checkpointErrors.make('GZIP_TRUNCATED', `${name} ends in the middle of its compressed data`, error);
  // The head of the file has been looked at: only what follows a member can fail to look like one.
  if (code === 'Z_DATA_ERROR' && error instanceof Error && error.message === 'incorrect header check') {
    return checkpointErrors.make('GZIP_TRAILING', `${name} goes on after its compressed data`, error);
  }
  if (code === 'Z_DATA_ERROR')
    return checkpointErrors.make('GZIP_CORRUPT', `${name} has damaged compressed data`, error);
  return error;
}
