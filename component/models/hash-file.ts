import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const BLOCK_BYTES = 256 * 1024;

/**
 * SHA-256 (hex) of a file, read through one buffer: a stream would leave a buffer for each block behind, and with them a
 * runtime that has just started stays larger by the size of its model until the collector sees a reason to run.
 */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  const handle = await open(file, 'r');
  try {
    for (;;) {
      const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(block.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
