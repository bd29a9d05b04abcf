import { s3Error } from './errors.ts';

/** First and last byte, both in it. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * One range of an object; undefined where the whole is meant, which is also what several ranges and nonsense are read as.
 * @throws AwsError InvalidRange
 */
export function readRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = header?.match(/^bytes=(\d*)-(\d*)$/);
  if (header === undefined || !match || (match[1] === '' && match[2] === '')) return undefined;
  const [, from = '', to = ''] = match;
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  if (first >= sizeBytes || (from === '' && Number(to) === 0)) {
    throw s3Error('InvalidRange', { RangeRequested: header, ActualObjectSize: String(sizeBytes) });
  }
  return { first, last };
}

/** The range of one part, by its number among the parts; an object in one piece has one. @throws AwsError InvalidPartNumber */
export function partRange(
  number: number,
  sizeBytes: number,
  partBytes: readonly number[] = [sizeBytes],
): ByteRange | undefined {
  if (sizeBytes === 0) return undefined;
  const size = partBytes[number - 1];
  if (size === undefined) throw s3Error('InvalidPartNumber', { PartNumberRequested: String(number) });
  const first = partBytes.slice(0, number - 1).reduce((sum, bytes) => sum + bytes, 0);
  return { first, last: first + size - 1 };
}
