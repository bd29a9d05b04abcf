import { open } from 'node:fs/promises';
import { checkpointErrors } from './errors.ts';
import { limits } from './limits.ts';
import { quote } from './quote.ts';

/** Where a tar says `ustar`. */
const tarMagicOffset = 257;
const headBytes = 512;

/**
 * What kind of file this is, by its first bytes.
 * @throws FORMAT_UNKNOWN, FORMAT_ZIP
 */
export async function recogniseFormat(path: string): Promise<'gzip' | 'tar' | 'safetensors'> {
  const head = await readHead(path);
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.toString('latin1', tarMagicOffset, tarMagicOffset + 5) === 'ustar') return 'tar';
  if (head.length >= 9 && head[8] === 0x7b && head.readBigUInt64LE(0) <= BigInt(limits.safetensorsHeaderBytes)) {
    return 'safetensors';
  }
  if (head.toString('latin1', 0, 4) === 'PK\x03\x04') {
    throw checkpointErrors.make('FORMAT_ZIP', `${quote(path)} is a zip file`);
  }
  const what =
    head.length === 0
      ? 'is empty'
      : `begins with the bytes ${head.toString('hex', 0, 8)}, as no gzip, tar or safetensors file does`;
  throw checkpointErrors.make('FORMAT_UNKNOWN', `${quote(path)} ${what}`);
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
