import { checkpointErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import { quote } from '../quote.ts';
import { BlockReader, blockBytes } from './block-reader.ts';
import { parsePax } from './pax.ts';
import { decodePath, isZeroBlock, parseTarHeader, type TarHeader } from './tar-header.ts';

/** A file or folder of an archive; links, devices and the rest never get this far. */
export interface TarEntry {
  /** As written in the archive: not yet checked. */
  readonly path: string;
  readonly type: 'file' | 'folder';
  readonly sizeBytes: number;
  /** The bytes, once; what is not taken is skipped. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Walks over a tar stream, strictly: it ends with its end mark and nothing after it, so that no other reader can see
 * other files in it than we do. (tar-stream skips empty blocks and goes on, and takes an archive without an end; that
 * is why the walk is our own.)
 * @throws TAR_…, ARCHIVE_ENTRY_LINK, ARCHIVE_ENTRY_DEVICE, ARCHIVE_ENTRY_SPARSE, ARCHIVE_ENTRY_UNKNOWN
 */
export async function* tarEntries(stream: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const blocks = new BlockReader(stream);
  let next: { path?: string; sizeBytes?: number } = {};
  let metadataBytes = 0;
  for (;;) {
    const at = blocks.offset;
    const block = await blocks.block();
    if (block === undefined) {
      throw checkpointErrors.make('TAR_TRUNCATED', `The archive ends at byte ${at} without the mark of its end`);
    }
    if (isZeroBlock(block)) break;
    const header = parseTarHeader(block, at);
    if (header.type === 'x' || header.type === 'g' || header.type === 'L' || header.type === 'K') {
      // Counted together with their own blocks: else empty headers could go on for ever in front of no entry.
      metadataBytes += blockBytes + header.sizeBytes;
      if (metadataBytes > limits.tarMetadataBytes) {
        throw checkpointErrors.make(
          'TAR_METADATA_TOO_LARGE',
          `The headers up to byte ${at} describe one entry in ${metadataBytes} bytes, more than ${limits.tarMetadataBytes}`,
        );
      }
      next = { ...next, ...(await readMetadata(header, blocks, at)) };
      continue;
    }
    const path = next.path ?? header.path;
    const type = entryType(header.type, path);
    const sizeBytes = next.sizeBytes ?? header.sizeBytes;
    if (type === 'folder' && sizeBytes > 0) {
      // Some readers skip these bytes and some take them for the next header.
      throw checkpointErrors.make('TAR_HEADER_BAD', `The header at byte ${at} gives the folder ${quote(path)} a size`);
    }
    next = {};
    metadataBytes = 0;
    const bodyEnd = blocks.offset + sizeBytes;
    yield { path, type, sizeBytes, body: blocks.body(sizeBytes, path) };
    await blocks.skipTo(bodyEnd, path);
    await blocks.skipTo(Math.ceil(bodyEnd / blockBytes) * blockBytes, path);
  }
  await readEnd(blocks);
}

async function readMetadata(
  header: TarHeader,
  blocks: BlockReader,
  at: number,
): Promise<{ path?: string; sizeBytes?: number }> {
  const padded = Math.ceil(header.sizeBytes / blockBytes) * blockBytes;
  const bytes = (await blocks.whole(padded, 'a header')).subarray(0, header.sizeBytes);
  if (header.type === 'L') return { path: decodePath(bytes).replace(/\0$/, '') };
  if (header.type === 'K') return {}; // target of a link, which is refused when its entry comes
  const fields = parsePax(bytes, at);
  // A global header speaks of all entries after it: times and comments are harmless, a name or size is a trick.
  if (header.type === 'g' && (fields.path !== undefined || fields.sizeBytes !== undefined)) {
    throw checkpointErrors.make('TAR_HEADER_BAD', `The global header at byte ${at} gives all entries one name or size`);
  }
  return fields;
}

function entryType(type: string, path: string): TarEntry['type'] {
  const entry = `Entry ${quote(path)}`;
  switch (type) {
    case '0':
    case '7': // contiguous: an ordinary file to everyone today
      return path.endsWith('/') ? 'folder' : 'file';
    case '5':
      return 'folder';
    case '1':
    case '2':
      throw checkpointErrors.make('ARCHIVE_ENTRY_LINK', `${entry} is a ${type === '1' ? 'hard' : 'symbolic'} link`);
    case '3':
    case '4':
    case '6': {
      const what = { 3: 'character device', 4: 'block device', 6: 'named pipe' }[type];
      throw checkpointErrors.make('ARCHIVE_ENTRY_DEVICE', `${entry} is a ${what}`);
    }
    case 'S':
      throw checkpointErrors.make('ARCHIVE_ENTRY_SPARSE', `${entry} is a sparse file`);
    default:
      throw checkpointErrors.make('ARCHIVE_ENTRY_UNKNOWN', `${entry} is of the unknown type ${quote(type)}`);
  }
}

/** The end mark is two empty blocks; writers pad it with more of them to a full record. */
async function readEnd(blocks: BlockReader): Promise<void> {
  const at = blocks.offset;
  const second = await blocks.block();
  if (second === undefined) {
    throw checkpointErrors.make('TAR_TRUNCATED', `The archive ends at byte ${at} in the middle of the mark of its end`);
  }
  for (let block: Uint8Array | undefined = second; block !== undefined; block = await blocks.block()) {
    if (isZeroBlock(block)) continue;
    throw checkpointErrors.make(
      'TAR_TRAILING',
      `The archive goes on at byte ${blocks.offset - blockBytes} after the mark of its end`,
    );
  }
}
