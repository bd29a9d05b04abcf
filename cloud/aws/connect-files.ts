import { makeS3Client } from './clients.ts';
import { type FileStore, fileStoreOf } from './file-store.ts';
import type { AwsSettings } from './settings.ts';

/** Files in S3 alone, for whoever needs nothing else of AWS. */
export function connectFiles(
  settings: AwsSettings,
  signal: AbortSignal,
): { readonly files: FileStore; readonly close: () => void } {
  const s3 = makeS3Client(settings);
  return { files: fileStoreOf(s3, signal), close: () => s3.destroy() };
}
