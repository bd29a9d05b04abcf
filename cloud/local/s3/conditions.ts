import { s3Error } from './errors.ts';
import type { ObjectRecord } from './store.ts';

export interface WriteConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

/** Conditions of a write. @throws AwsError PreconditionFailed, NoSuchKey, NotImplemented */
export function checkWrite({ IfMatch, IfNoneMatch }: WriteConditions, current: ObjectRecord | undefined): void {
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== '*') throw s3Error('NotImplemented', { Header: 'If-None-Match' });
    if (current) throw s3Error('PreconditionFailed', { Condition: 'If-None-Match' });
  }
  if (IfMatch !== undefined) {
    if (!current) throw s3Error('NoSuchKey');
    if (!sameTag(IfMatch, current.etag)) throw s3Error('PreconditionFailed', { Condition: 'If-Match' });
  }
}

export interface ReadConditions extends WriteConditions {
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

/** Conditions of a read, in the order of RFC 9110: tags win over times. @throws AwsError PreconditionFailed, NotModified */
export function checkRead(conditions: ReadConditions, { etag, lastModified }: ObjectRecord): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const modified = Date.parse(lastModified);
  if (IfMatch !== undefined) {
    if (!sameTag(IfMatch, etag)) throw s3Error('PreconditionFailed', { Condition: 'If-Match' });
  } else if (IfUnmodifiedSince && modified > IfUnmodifiedSince.getTime()) {
    throw s3Error('PreconditionFailed', { Condition: 'If-Unmodified-Since' });
  }
  if (IfNoneMatch !== undefined) {
    if (sameTag(IfNoneMatch, etag)) throw s3Error('NotModified');
  } else if (IfModifiedSince && modified <= IfModifiedSince.getTime()) {
    throw s3Error('NotModified');
  }
}

/** Clients send tags with their quotes and without. */
export function sameTag(given: string, etag: string): boolean {
  return given === '*' || given.split(',').some((one) => one.trim().replaceAll('"', '') === etag.replaceAll('"', ''));
}
