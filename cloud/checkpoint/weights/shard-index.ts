import { checkpointErrors } from '../errors.ts';
import { isJsonObject, parseJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { quote, quoteValue } from '../quote.ts';

/**
 * Which shard holds which tensor.
 * @param shardName what a shard's file may be called; anything else could point out of the folder.
 * @returns tensor names by file name of their shard.
 */
export function parseShardIndex(bytes: Uint8Array, file: string, shardName: RegExp): Map<string, Set<string>> {
  const index = parseJsonObject(bytes, { file, maxDepth: limits.jsonDepth, uniqueKeys: true });
  if (!isJsonObject(index.weight_map)) {
    throw checkpointErrors.make('SHARD_INDEX_BAD', `${file} has no weight_map`);
  }
  const shards = new Map<string, Set<string>>();
  for (const [tensor, shard] of Object.entries(index.weight_map)) {
    if (typeof shard !== 'string' || !shardName.test(shard)) {
      throw checkpointErrors.make(
        'SHARD_NAME_BAD',
        `${file}: weight_map sends ${quote(tensor)} to ${quoteValue(shard)}, which is no name of a shard`,
      );
    }
    const tensors = shards.get(shard) ?? new Set();
    shards.set(shard, tensors.add(tensor));
  }
  if (shards.size === 0 || shards.size > limits.shards) {
    throw checkpointErrors.make(
      'SHARD_COUNT_BAD',
      `${file} names ${shards.size} shards; 1 to ${limits.shards} are read`,
    );
  }
  return shards;
}

/** @throws SHARD_TENSOR_MISSING, SHARD_TENSOR_EXTRA where a shard and the index do not tell of the same tensors. */
export function checkShard(
  shard: string,
  expected: ReadonlySet<string>,
  found: readonly { readonly name: string }[],
): void {
  const names = new Set(found.map(({ name }) => name));
  for (const name of expected) {
    if (names.has(name)) continue;
    throw checkpointErrors.make(
      'SHARD_TENSOR_MISSING',
      `${shard} lacks tensor ${quote(name)}, which the index places there`,
    );
  }
  for (const name of names) {
    if (expected.has(name)) continue;
    throw checkpointErrors.make(
      'SHARD_TENSOR_EXTRA',
      `${shard} holds tensor ${quote(name)}, which the index does not place there`,
    );
  }
}
