import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeModel } from '../../../../../cloud/compile/encode/decode-model.ts';
import { type EncodedModel, encodeModel } from '../../../../../cloud/compile/encode/encode-model.ts';
import { arbitraryGraph } from './arbitrary-graph.ts';

test('a graph comes back from its bytes as it went in', () => {
  fc.assert(
    fc.property(arbitraryGraph, (graph) => {
      const encoded = encodeModel(graph, { weightsName: 'model.bin' });

      const decoded = decodeModel(encoded.model, readFrom(encoded));

      expect(decoded).toEqual(graph);
    }),
    { numRuns: 150 },
  );
});

test('the same graph gives the same bytes', () => {
  fc.assert(
    fc.property(arbitraryGraph, (graph) => {
      const first = encodeModel(graph, { weightsName: 'model.bin' });

      const second = encodeModel(structuredClone(graph), { weightsName: 'model.bin' });

      expect(Buffer.compare(first.model, second.model)).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test('weights stand in their file one after the other, each at a multiple of 64 bytes', () => {
  fc.assert(
    fc.property(arbitraryGraph, (graph) => {
      const { weights, weightsSizeBytes } = encodeModel(graph, { weightsName: 'model.bin' });

      let end = 0;
      for (const chunk of weights) {
        expect(chunk.offsetBytes % 64).toBe(0);
        expect(chunk.offsetBytes - end).toBeGreaterThanOrEqual(0);
        expect(chunk.offsetBytes - end).toBeLessThan(64);
        end = chunk.offsetBytes + chunk.bytes.length;
      }
      expect(weightsSizeBytes).toBe(end);
    }),
    { numRuns: 50 },
  );
});

/** External data straight from the chunks. */
function readFrom({ weights }: EncodedModel): Parameters<typeof decodeModel>[1] {
  return ({ location, offsetBytes, lengthBytes }) => {
    const chunk = weights.find((candidate) => candidate.offsetBytes === offsetBytes);
    if (location !== 'model.bin' || chunk?.bytes.length !== lengthBytes) throw new Error(`nothing at ${offsetBytes}`);
    return chunk.bytes;
  };
}
