import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Position } from './position.ts';

/** The first bytes tell a file from another with its inode. */
export const HEAD_BYTES = 256;
/** A folder of rotated logs has fewer; others are not searched to their end. */
const MAX_SIBLINGS = 1000;

/** An open file with its identity. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly device: string;
  readonly inode: string;
}

/** Opens a regular file; undefined where there is none. @throws Error where it cannot be opened, or is something else */
export async function openFile(file: string): Promise<OpenFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe would keep us waiting otherwise
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  const stats = await handle.stat({ bigint: true });
  if (!stats.isFile()) {
    await handle.close();
    throw new Error('it is not a regular file');
  }
  return { handle, ...identityOf(stats) };
}

/** What names a file for as long as it lives. */
export function identityOf({ dev, ino }: BigIntStats): { readonly device: string; readonly inode: string } {
  return { device: String(dev), inode: String(ino) };
}

/** The file that a position is of, under whatever name it has now in its folder; undefined where it is gone. */
export async function findRotated(position: Position): Promise<OpenFile | undefined> {
  const folder = path.dirname(position.path);
  const names = (await readdir(folder).catch(() => [])).slice(0, MAX_SIBLINGS);
  for (const name of names) {
    const full = path.join(folder, name);
    const stats = await stat(full, { bigint: true }).catch(() => undefined);
    if (stats === undefined || identityOf(stats).inode !== position.inode) continue;
    const file = await openFile(full).catch(() => undefined);
    if (file === undefined) continue;
    if (await isSame(file, position)) return file;
    await file.handle.close();
  }
  return undefined;
}

/** Whether a file is the one that a position is of, and still holds what was answered. */
export async function isSame(file: OpenFile, position: Position): Promise<boolean> {
  if (file.device !== position.device || file.inode !== position.inode) return false;
  const { size } = await file.handle.stat();
  if (size < position.offset) return false;
  const head = await readHead(file.handle, position.head.sizeBytes);
  return head.sizeBytes === position.head.sizeBytes && head.sha256 === position.head.sha256;
}

/** @param sizeBytes so many of the first bytes, but no more than identify a file */
export async function readHead(handle: FileHandle, sizeBytes: number): Promise<Position['head']> {
  const buffer = Buffer.alloc(Math.min(sizeBytes, HEAD_BYTES));
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  const sha256 = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
  return { sizeBytes: bytesRead, sha256 };
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
