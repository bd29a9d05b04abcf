import { randomBytes } from 'node:crypto';
import type {
  AbortMultipartUploadRequest,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadRequest,
  ListMultipartUploadsRequest,
  ListPartsRequest,
  UploadPartRequest,
} from '@aws-sdk/client-s3';
import type { Call, Handler } from '../aws/service.ts';
import { attributesOf, encryptionOf, etagHex } from './attributes.ts';
import { asMembers, readAlgorithm } from './checksums.ts';
import { checkWrite } from './conditions.ts';
import { s3Error } from './errors.ts';
import { joinParts, selectParts } from './join-parts.ts';
import { checkedKey } from './objects.ts';
import { receive } from './receive.ts';
import type { S3Context } from './service.ts';
import { newBlob, wholeSeconds } from './store.ts';
import { uploadFolder as uploads } from './upload-folder.ts';

const MAX_PARTS = 10_000;
const MAX_LIST = 1000;

/** Answers to calls about uploads in parts. */
export function uploadHandlers({ store, ...account }: S3Context): Record<string, Handler> {
  return {
    CreateMultipartUpload(input: CreateMultipartUploadRequest, { now }: Call) {
      const bucket = store.bucket(input.Bucket ?? '');
      const algorithm = readAlgorithm(input.ChecksumAlgorithm);
      const whole = algorithm === undefined || algorithm === 'CRC64NVME';
      const checksumType = input.ChecksumType ?? (whole ? 'FULL_OBJECT' : 'COMPOSITE');
      if ((whole && checksumType === 'COMPOSITE') || (algorithm?.startsWith('SHA') && checksumType === 'FULL_OBJECT')) {
        throw s3Error('InvalidRequest', {}, `The ${checksumType} checksum type does not go with ${algorithm}.`);
      }
      const upload = {
        uploadId: randomBytes(48).toString('base64url'),
        key: checkedKey(input.Key),
        initiated: now.toISOString(),
        attributes: attributesOf(input, account),
        algorithm,
        checksumType,
      };
      uploads.begin(bucket, upload);
      return {
        Bucket: bucket.name,
        Key: upload.key,
        UploadId: upload.uploadId,
        ...(algorithm === undefined ? {} : { ChecksumAlgorithm: algorithm, ChecksumType: checksumType }),
        ...encryptionOf(upload.attributes),
      };
    },

    async UploadPart(input: UploadPartRequest, { request, now }: Call) {
      const { Key = '', UploadId = '', PartNumber: number = 0 } = input;
      if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS) {
        throw s3Error('InvalidArgument', { ArgumentName: 'partNumber' }, 'Part number must be between 1 and 10000.');
      }
      const bucket = store.bucket(input.Bucket ?? '');
      const { algorithm = 'CRC64NVME', attributes } = uploads.find(bucket, Key, UploadId);
      const file = uploads.newPart(number);
      const received = await receive(request, uploads.partPath(bucket, UploadId, file), [algorithm]);
      const { sizeBytes, md5, checksums } = received;
      const etag = `"${etagHex(md5, attributes)}"`;
      const lastModified = now.toISOString();
      uploads.putPart(bucket, UploadId, {
        ...{ number, file, sizeBytes, etag, checksums, lastModified },
        md5Hex: etag.replaceAll('"', ''),
      });
      return { ETag: etag, ...asMembers(checksums), ...encryptionOf(attributes) };
    },

    async CompleteMultipartUpload(input: CompleteMultipartUploadRequest, { now }: Call) {
      const { Key = '', UploadId = '' } = input;
      const bucket = store.bucket(input.Bucket ?? '');
      const upload = uploads.find(bucket, Key, UploadId);
      checkWrite(input, bucket.find(Key));
      const parts = selectParts(input, upload, uploads.parts(bucket, UploadId));
      const blob = newBlob();
      // Who completes or aborts it meanwhile takes the parts away.
      const stillThere = (): void => void uploads.find(bucket, Key, UploadId);
      const joined = await joinParts(bucket, upload, parts, bucket.blobPath(blob), input).catch((error: unknown) => {
        stillThere();
        throw error;
      });
      const record = { key: Key, blob, ...joined, lastModified: wholeSeconds(now), attributes: upload.attributes };
      bucket.put({ ...record, checksumType: upload.checksumType }, (current) => {
        stillThere();
        checkWrite(input, current);
      });
      uploads.end(bucket, UploadId);
      return {
        Location: `https://${bucket.name}.s3.${account.region}.amazonaws.com/${Key}`,
        Bucket: bucket.name,
        Key,
        ETag: joined.etag,
        ...asMembers(joined.checksums),
        ChecksumType: upload.checksumType,
        ...encryptionOf(upload.attributes),
      };
    },

    AbortMultipartUpload({ Bucket = '', Key = '', UploadId = '' }: AbortMultipartUploadRequest) {
      const bucket = store.bucket(Bucket);
      uploads.find(bucket, Key, UploadId);
      uploads.end(bucket, UploadId);
      return {};
    },

    ListParts({ Bucket = '', Key = '', UploadId = '', MaxParts = MAX_LIST, PartNumberMarker = '0' }: ListPartsRequest) {
      const bucket = store.bucket(Bucket);
      const upload = uploads.find(bucket, Key, UploadId);
      const found = uploads.parts(bucket, UploadId).filter(({ number }) => number > Number(PartNumberMarker));
      const page = found.slice(0, Math.min(MaxParts, MAX_LIST));
      return {
        ...{ Bucket, Key, UploadId, PartNumberMarker, MaxParts },
        IsTruncated: page.length < found.length,
        NextPartNumberMarker: String(page.at(-1)?.number ?? PartNumberMarker),
        StorageClass: upload.attributes.StorageClass ?? 'STANDARD',
        ...(upload.algorithm === undefined
          ? {}
          : { ChecksumAlgorithm: upload.algorithm, ChecksumType: upload.checksumType }),
        Initiator: { ID: account.accountId },
        Owner: { ID: account.accountId },
        Parts: page.map(({ number, sizeBytes, etag, checksums, lastModified }) => ({
          ...{ PartNumber: number, Size: sizeBytes, ETag: etag, LastModified: new Date(lastModified) },
          ...asMembers(checksums),
        })),
      };
    },

    ListMultipartUploads(input: ListMultipartUploadsRequest) {
      const { Bucket = '', Prefix = '', KeyMarker = '', UploadIdMarker = '', MaxUploads = MAX_LIST } = input;
      const all = uploads.all(store.bucket(Bucket)).filter(({ key }) => key.startsWith(Prefix));
      const marker = all.findIndex(({ key, uploadId }) => key === KeyMarker && uploadId === UploadIdMarker);
      const found = marker < 0 ? all.filter(({ key }) => key > KeyMarker) : all.slice(marker + 1);
      const page = found.slice(0, Math.min(MaxUploads, MAX_LIST));
      const last = page.at(-1);
      return {
        ...{ Bucket, Prefix, KeyMarker, UploadIdMarker, MaxUploads },
        IsTruncated: page.length < found.length,
        ...(last ? { NextKeyMarker: last.key, NextUploadIdMarker: last.uploadId } : {}),
        Uploads: page.map(({ key, uploadId, initiated, attributes }) => ({
          ...{ Key: key, UploadId: uploadId, Initiated: new Date(initiated) },
          StorageClass: attributes.StorageClass ?? 'STANDARD',
        })),
      };
    },
  };
}
