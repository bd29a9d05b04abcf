import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AutoTokenizer, env } from '@xenova/transformers';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../cloud/checkpoint/open.ts';
import { builtInSamples } from '../../../cloud/dataset/built-in-samples.ts';
import { readDataset } from '../../../cloud/dataset/read-dataset.ts';
import { createTokenizer } from '../../../component/text/create-tokenizer.ts';
import { intentsMiniSamples } from '../../support/compiled-bundle.ts';
import { intentsMiniArchive } from '../../support/paths.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** What we use of a tokenizer of transformers.js; its own types know no call. */
type PeerTokenizer = (text: string, options: { readonly return_tensor: false }) => { readonly input_ids: number[] };

async function peerTokenizer(tokenizerJson: Uint8Array): Promise<PeerTokenizer> {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'model'));
  writeFileSync(path.join(folder, 'model', 'tokenizer.json'), tokenizerJson);
  writeFileSync(
    path.join(folder, 'model', 'tokenizer_config.json'),
    JSON.stringify({ tokenizer_class: 'BertTokenizer', do_lower_case: true }),
  );
  env.localModelPath = `${folder}/`;
  env.allowRemoteModels = false;
  return (await AutoTokenizer.from_pretrained('model')) as unknown as PeerTokenizer; // it is a function by construction
}

describe('the tokenizer of the demo’s model', () => {
  it('gives the ids that transformers.js gives, for every sample', async () => {
    const checkpoint = await openCheckpoint(intentsMiniArchive);
    const { tokenizerJson } = checkpoint;
    await checkpoint.close();
    const { samples } = await readDataset(intentsMiniSamples);
    const texts = [...samples.map(({ text }) => text), ...builtInSamples];
    const peer = await peerTokenizer(tokenizerJson);
    const ours = createTokenizer(tokenizerJson);

    const ids = texts.map((text) => Array.from(ours.encode(text, 512).ids));

    const peerIds = texts.map((text) => peer(text, { return_tensor: false }).input_ids);
    expect(ids).toEqual(peerIds);
    expect(ids.flat().length).toBeGreaterThan(2000);
  });
});
