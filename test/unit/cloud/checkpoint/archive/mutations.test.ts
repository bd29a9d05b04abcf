import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutated } from '../../../../support/hostile/mutations.ts';
import { checkRefusal, openArchiveBytes, refusalOf } from '../../../../support/hostile/refusal.ts';
import { endMark, paxHeader, tarFile } from '../../../../support/hostile/tar-bytes.ts';
import { tinyModel } from '../../../../support/hostile/tiny-model.ts';

const tar = Buffer.concat([
  paxHeader({ path: 'config.json' }),
  tarFile('a', tinyModel['config.json']),
  tarFile('vocab.txt', tinyModel['vocab.txt']),
  tarFile('model.safetensors', tinyModel['model.safetensors']),
  endMark,
]);
const archive = gzipSync(tar);

describe('an archive that was changed anywhere', () => {
  it('opens as a model, or is refused as the sender should mend it', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(tar), async (bytes) => {
        try {
          const { tensors } = await openArchiveBytes(bytes);
          for (const tensor of tensors.values()) tensor.read();
        } catch (error) {
          checkRefusal(error);
        }
      }),
      { numRuns: 250 },
    );
  });

  it('is refused wherever its compressed data was changed', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(archive), async (bytes) => {
        // Time, system and extra flags of the gzip header say nothing about the content.
        fc.pre(!bytes.subarray(10).equals(archive.subarray(10)));

        const refusal = await refusalOf(() => openArchiveBytes(bytes));

        expect(refusal.code).toMatch(/^(GZIP_|TAR_|ARCHIVE_|FORMAT_)/);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused wherever it was cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: tar.length - 1 }), async (length) => {
        const refusal = await refusalOf(() => openArchiveBytes(gzipSync(tar.subarray(0, length))));

        expect(refusal.code).toBe('TAR_TRUNCATED');
      }),
      { numRuns: 100 },
    );
  });
});
