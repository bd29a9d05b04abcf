import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { AwsError } from '../aws/aws-error.ts';
import type { RequestHead } from '../aws/request.ts';
import type { Service } from '../aws/service.ts';
import type { Artifacts } from './components.ts';

/** Artifacts in the stood-in S3, asked from service to service: no such call is one of the caller's. */
export function s3Artifacts(s3: Service): Artifacts {
  return {
    async digest(uri) {
      const path = `/${uri
        .replace(/^s3:\/\//, '')
        .split('/')
        .map(encodeURIComponent)
        .join('/')}`;
      const head: RequestHead = {
        method: 'GET',
        path,
        query: '',
        parameters: new Map(),
        headers: { host: 'localhost' },
        requestId: randomUUID(),
      };
      const route = s3.route(head);
      if (!route) throw new Error('The URI names no object');
      try {
        const { body } = await s3.handle(route, { ...head, body: Readable.from([]), trailers: new Map() }, new Date());
        const hash = createHash('sha256');
        const chunks = body instanceof Readable ? body : [body ?? ''];
        for await (const chunk of chunks) hash.update(chunk);
        return hash.digest('base64');
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        throw new Error(`The artifact cannot be accessed in S3 (${error.code}: ${error.message})`);
      }
    },
  };
}
