import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { RequestHead } from '../aws/request.ts';
import type { Service } from '../aws/service.ts';

/** Puts a file into the stood-in S3, from service to service: no such call is one of the caller's. @throws AwsError */
export async function putFile(s3: Service, file: string, bucket: string, key: string): Promise<void> {
  const path = [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
  const { size } = await stat(file);
  const head: RequestHead = {
    method: 'PUT',
    path: `/${path}`,
    query: '',
    parameters: new Map(),
    headers: { host: 'localhost', 'content-length': String(size) },
    requestId: randomUUID(),
  };
  const route = s3.route(head);
  if (!route) throw new Error('S3 has no PutObject');
  await s3.handle(route, { ...head, body: createReadStream(file), trailers: new Map() }, new Date());
}
