import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCheckpoint } from '../../../../cloud/checkpoint/open.ts';
import { intentsMiniArchive } from '../../../support/paths.ts';

describe('openCheckpoint', () => {
  it('opens a SageMaker archive and removes what it unpacked when closed', async () => {
    const temporaryFolder = await mkdtemp(join(tmpdir(), 'verge-test-'));
    onTestFinished(() => rm(temporaryFolder, { recursive: true }));
    const checkpoint = await openCheckpoint(intentsMiniArchive, { temporaryFolder });

    const { modelType, task, problemType, labels, maxLength, parameters } = checkpoint;
    const table = checkpoint.tensors.get('embeddings.word_embeddings.weight')?.read();
    await checkpoint.close();
    await checkpoint.close();

    expect({ modelType, task, problemType, maxLength, parameters }).toEqual({
      modelType: 'bert',
      task: 'text-classification',
      problemType: 'single_label_classification',
      maxLength: 256,
      parameters: 5_427_351,
    });
    expect(labels).toHaveLength(151);
    expect(labels[0]).toBe('accept_reservations');
    expect(table?.every(Number.isFinite)).toBe(true);
    expect(await readdir(temporaryFolder)).toEqual([]);
  });
});
