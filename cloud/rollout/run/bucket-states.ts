import type { Documents } from '../../aws/documents.ts';
import { rolloutErrors } from '../errors.ts';
import type { StatePort } from '../ports.ts';

/** As the CloudFormation template allows operators. */
export const ROLLOUTS_PREFIX = 'rollouts/';
/** States in the bucket, each as `rollouts/<id>/state.json`. */
export function bucketStates(documents: Documents): StatePort {
  const keyOf = (id: string, file: string): string => `${ROLLOUTS_PREFIX}${id}/${file}`;
  return {
    async read(id) {
      const found = await documents.read(keyOf(id, 'state.json'));
      if (found === undefined) return undefined;
      const place = `s3://${documents.bucket}/${keyOf(id, 'state.json')}`;
      try {
        return { state: JSON.parse(found.text), tag: found.tag };
      } catch (error) {
        throw rolloutErrors.make('ROLLOUT_STATE_INVALID', `${place} is not JSON`, error);
      }
    },
    write: (id, state, tag) => documents.write(keyOf(id, 'state.json'), JSON.stringify(state), tag, 'application/json'),
    list: () => documents.folders(ROLLOUTS_PREFIX),
    writeReport: (id, file, text) =>
      documents.put(keyOf(id, file), text, file.endsWith('.md') ? 'text/markdown; charset=utf-8' : 'application/json'),
  };
}
