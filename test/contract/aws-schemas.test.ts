import {
  BatchDetectSentiment$,
  ClassifyDocument$,
  DetectDominantLanguage$,
  DetectEntities$,
  DetectSentiment$,
} from '@aws-sdk/client-comprehend';
import { RecognizeText$ } from '@aws-sdk/client-lex-runtime-v2';
import { InvokeEndpoint$ } from '@aws-sdk/client-sagemaker-runtime';
import { NormalizedSchema } from '@smithy/core/schema';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  batchDetectSentimentInput,
  classifyDocumentInput,
  detectDominantLanguageInput,
  detectEntitiesInput,
  detectSentimentInput,
} from '../../component/sources/http/comprehend-input.ts';
import { lexBodyInput, lexPathInput } from '../../component/sources/http/lex.ts';

/** `[kind, namespace, name, traits, input, output]` */
type Operation = readonly unknown[];

/** Members of an operation's input, as the client's own schema has them (fact N8). */
function membersOf(operation: Operation): string[] {
  const input = operation[4];
  const schema = NormalizedSchema.of((typeof input === 'function' ? input() : input) as never); // a schema of the client's own
  return [...schema.structIterator()].map(([name]) => name);
}

function ours(...schemas: readonly z.ZodObject[]): string[] {
  return schemas.flatMap((schema) => Object.keys(schema.shape));
}

describe('the inputs that the HTTP source reads', () => {
  it.each([
    ['ClassifyDocument', ClassifyDocument$, ours(classifyDocumentInput)],
    ['DetectSentiment', DetectSentiment$, ours(detectSentimentInput)],
    ['BatchDetectSentiment', BatchDetectSentiment$, ours(batchDetectSentimentInput)],
    ['DetectDominantLanguage', DetectDominantLanguage$, ours(detectDominantLanguageInput)],
    ['DetectEntities', DetectEntities$, ours(detectEntitiesInput)],
    ['RecognizeText', RecognizeText$, ours(lexPathInput, lexBodyInput)],
  ])('of %s are members that its client knows', (_operation, schema, members) => {
    const known = membersOf(schema);

    expect(known).toEqual(expect.arrayContaining(members));
    expect(members.length).toBeGreaterThan(0);
  });

  it('come by the methods and paths that the clients know', () => {
    const http = [InvokeEndpoint$, RecognizeText$].map((operation) => operation[3]);

    expect(http).toMatchObject([
      { http: ['POST', '/endpoints/{EndpointName}/invocations', 200] },
      { http: ['POST', '/bots/{botId}/botAliases/{botAliasId}/botLocales/{localeId}/sessions/{sessionId}/text', 200] },
    ]);
  });
});
