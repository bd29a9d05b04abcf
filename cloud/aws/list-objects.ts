import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { ask } from './ask.ts';
import { makeS3Client } from './clients.ts';
import { awsErrors } from './errors.ts';
import { type ObjectReader, objectReaderOf, type S3Place, uriOf } from './objects.ts';
import type { AwsSettings } from './settings.ts';

/** What is below a prefix. */
export interface ObjectLister {
  /** Keys that start with the place's key, in order, page by page. @throws VergeError AWS_… */
  list(place: S3Place, signal?: AbortSignal): AsyncGenerator<string>;
}

/** The port to objects that are looked for and fetched. */
export interface ObjectPorts {
  readonly objects: ObjectReader;
  readonly lister: ObjectLister;
  /** Ends the connections. */
  close(): void;
}

export function connectObjects(settings: AwsSettings): ObjectPorts {
  const s3 = makeS3Client(settings);
  return { objects: objectReaderOf(s3), lister: objectListerOf(s3), close: () => s3.destroy() };
}

export function objectListerOf(client: S3Client): ObjectLister {
  return {
    async *list(place, signal) {
      let token: string | undefined;
      do {
        const command = new ListObjectsV2Command({
          Bucket: place.bucket,
          Prefix: place.key,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        });
        const page = await ask(
          `listing ${uriOf(place)}`,
          () => client.send(command, signal ? { abortSignal: signal } : {}),
          signal,
          ({ name }) =>
            name === 'NoSuchBucket'
              ? awsErrors.make('AWS_OBJECT_NOT_FOUND', `There is no bucket ${JSON.stringify(place.bucket)}`)
              : undefined,
        );
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
        token = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    },
  };
}
