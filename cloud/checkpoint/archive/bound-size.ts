import { checkpointErrors } from '../errors.ts';
import { limits } from '../limits.ts';

/** How far an archive may unpack. */
export interface SizeBounds {
  readonly archiveBytes: number;
  readonly compressionRatio: number;
  readonly compressionRatioFloorBytes: number;
}

/**
 * Ends a bomb while it is still small.
 * @param bytesRead bytes of the compressed file that have been read so far.
 * @throws ARCHIVE_TOO_LARGE, ARCHIVE_RATIO
 */
export async function* boundSize(
  stream: AsyncIterable<Uint8Array>,
  bytesRead: () => number,
  bounds: SizeBounds = limits,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of stream) {
    total += chunk.byteLength;
    if (total > bounds.archiveBytes) {
      throw checkpointErrors.make('ARCHIVE_TOO_LARGE', `The archive unpacks to more than ${bounds.archiveBytes} bytes`);
    }
    if (total > bounds.compressionRatioFloorBytes && total > bytesRead() * bounds.compressionRatio) {
      throw checkpointErrors.make(
        'ARCHIVE_RATIO',
        `The archive unpacks ${bytesRead()} bytes to ${total} and more, over ${bounds.compressionRatio} times as many`,
      );
    }
    yield chunk;
  }
}
