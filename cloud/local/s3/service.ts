/**
 * S3 as far as Verge needs it: buckets, objects with ranges, conditions and checksums, lists, uploads in parts, in path
 * and virtual-hosted style, with presigned addresses. Objects live in a folder and survive a restart.
 *
 * What it does not do: versions, policies, ACLs, tags, lifecycles, events, copies, batch deletes, ListObjects (version
 * 1), browser posts, Signature Version 2 (what boto3 presigns with unless it is told `s3v4`), keys of the customer's
 * (SSE-C), real encryption (its headers are kept), the MD5, SHA-512 and XXHash checksums, storage classes beyond their
 * name, CORS and access points. Where two writes meet, one waits: it never answers ConditionalRequestConflict. A completed
 * upload is forgotten at once: completing it again is NoSuchUpload.
 */
import * as client from '@aws-sdk/client-s3';
import { restXml } from '../aws/protocol/rest-xml.ts';
import { defineService, type Service } from '../aws/service.ts';
import { addressOf } from './address.ts';
import { bucketHandlers } from './buckets.ts';
import { listHandlers } from './list.ts';
import { objectHandlers } from './objects.ts';
import { openStore, type Store } from './store.ts';
import { uploadHandlers } from './uploads.ts';

export interface S3Options {
  /** Made where it isn't there. */
  readonly folder: string;
  readonly region: string;
  readonly accountId: string;
}

export interface S3Context {
  readonly store: Store;
  readonly region: string;
  readonly accountId: string;
}

/** The service, and what lies in it for the stack's other services. */
export interface S3 extends Service {
  readonly store: Store;
}

export async function openS3({ folder, region, accountId }: S3Options): Promise<S3> {
  const context = { store: await openStore(folder), region, accountId };
  const service = defineService({
    name: 's3',
    client,
    protocol: restXml(addressOf),
    handlers: {
      ...bucketHandlers(context),
      ...objectHandlers(context),
      ...listHandlers(context),
      ...uploadHandlers(context),
    },
  });
  return { ...service, store: context.store };
}
