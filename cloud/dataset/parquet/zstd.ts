import { ZSTDDecoder } from 'zstddec';

const MAGIC = 0xfd2fb528;
/** Skippable frames have any of sixteen numbers. */
const SKIPPABLE = 0x184d2a5;
/** What any reader of the format lets a frame look back at; memory for it is taken as the frame says. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;
const MAX_BLOCK_BYTES = 128 * 1024;
const BLOCK_HEAD_BYTES = 3;

/** Input and output lie in the decoder's own memory, which has two gigabytes. */
const MAX_BYTES = 1024 * 1024 * 1024;

const decoder = new ZSTDDecoder();

/** Reads Zstandard after it; one decoder serves everybody. */
export function readyZstd(): Promise<void> {
  return decoder.init();
}

/**
 * Unpacks Zstandard by its own library, which writes nothing behind the length and stops at what it cannot be. What the frames
 * say of themselves is held against the length first, so that the refusal says what is wrong.
 * @param length of what comes out
 */
export function unpackZstd(input: Uint8Array, length: number): Uint8Array {
  if (input.length + length > MAX_BYTES) throw new Error(`a page of ${input.length} bytes unpacks to ${length}`);
  checkFrames(input, length);
  if (length === 0) return new Uint8Array(0); // to the decoder 0 is unknown
  const output = decoder.decode(input, length);
  if (output.length === 0)
    throw new Error(`a page is damaged, or unpacks to more than the ${length} bytes that it says`);
  return output;
}

/** Walks over the heads of frames and blocks. */
function checkFrames(input: Uint8Array, length: number): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let at = 0;
  while (at < input.length) {
    const magic = view.getUint32(at, true);
    if (magic >>> 4 === SKIPPABLE) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== MAGIC) throw new Error('a page is no Zstandard');
    const frame = readFrame(view, at + 4);
    if (frame.content > length)
      throw new Error(`a frame says that it unpacks to ${frame.content} bytes, and its page ${length}`);
    if (frame.window > Math.max(length, MAX_WINDOW_BYTES))
      throw new Error(`a frame asks for a window of ${frame.window} bytes`);
    at = afterBlocks(view, frame.end) + (frame.hasChecksum ? 4 : 0);
  }
}

interface Frame {
  readonly window: number;
  /** 0 where it isn't said. */
  readonly content: number;
  readonly hasChecksum: boolean;
  readonly end: number;
}

function readFrame(view: DataView, start: number): Frame {
  const flags = view.getUint8(start);
  const isSingle = (flags & 0x20) !== 0;
  let at = start + 1;
  const window = isSingle ? 0 : windowOf(view.getUint8(at++));
  at += [0, 1, 2, 4][flags & 3] ?? 0;
  const size = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const content =
    size === 8
      ? Number(view.getBigUint64(at, true))
      : size === 4
        ? view.getUint32(at, true)
        : size === 2
          ? view.getUint16(at, true) + 256
          : size === 1
            ? view.getUint8(at)
            : 0;
  return { window: isSingle ? content : window, content, hasChecksum: (flags & 4) !== 0, end: at + size };
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function afterBlocks(view: DataView, start: number): number {
  for (let at = start; ; ) {
    const head = view.getUint16(at, true) + view.getUint8(at + 2) * 2 ** 16;
    const [isLast, kind, size] = [(head & 1) === 1, (head >> 1) & 3, head >> 3];
    if (size > MAX_BLOCK_BYTES)
      throw new Error(`a block says that it has ${size} bytes, and ${MAX_BLOCK_BYTES} are the most`);
    at += BLOCK_HEAD_BYTES + (kind === 1 ? 1 : size);
    if (at > view.byteLength) throw new Error('a page ends within a block');
    if (isLast) return at;
  }
}
