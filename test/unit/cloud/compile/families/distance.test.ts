import { expect, test } from 'vitest';
import { distanceBucket as debertaBucket } from '../../../../../cloud/compile/families/deberta-distance.ts';
import { distanceBucket as mpnetBucket } from '../../../../../cloud/compile/families/mpnet.ts';

/** Distances key − query and the buckets that `MPNetEncoder.relative_position_bucket` of transformers 5.23 gives them. */
const MPNET: readonly [distance: number, bucket: number][] = [
  [0, 0],
  [-1, 1],
  [1, 17],
  [-7, 7],
  [7, 23],
  [-8, 8],
  [-11, 8],
  [-12, 9],
  [-16, 10],
  [-23, 11],
  [-32, 12],
  [-64, 14],
  [-90, 14],
  [-91, 15],
  [64, 30],
  [127, 31],
  [-128, 15],
  [1000, 31],
  [-1000, 15],
];

test.each(MPNET)("MPNet's distance %i falls into bucket %i, as in the reference", (distance, bucket) => {
  expect(mpnetBucket(distance)).toBe(bucket);
});

/** The same for `make_log_bucket_position(distance, 256, 512)`. */
const DEBERTA: readonly [distance: number, bucket: number][] = [
  [0, 0],
  [5, 5],
  [-127, -127],
  [128, 128],
  [129, 129],
  [200, 169],
  [-200, -169],
  [300, 207],
  [511, 255],
  [-511, -255],
];

test.each(DEBERTA)("DeBERTa's distance %i falls into bucket %i, as in the reference", (distance, bucket) => {
  expect(debertaBucket(distance, 256, 512)).toBe(bucket);
});
