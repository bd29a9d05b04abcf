import * as z from 'zod';

/** Bytes of a text, by Comprehend's own limits. */
export const MAX_TEXT_BYTES = {
  ClassifyDocument: 10_240,
  DetectSentiment: 5120,
  DetectDominantLanguage: 102_400,
  DetectEntities: 102_400,
} as const;
export const MAX_BATCH_TEXTS = 25;

const text = z.string().min(1, 'Member must have length greater than or equal to 1');
const languageCode = z.enum(
  ['en', 'es', 'fr', 'de', 'it', 'pt', 'ar', 'hi', 'ja', 'ko', 'zh', 'zh-TW'],
  'Member must satisfy enum value set: [en, es, fr, de, it, pt, ar, hi, ja, ko, zh, zh-TW]',
);

function endpointArn(kind: string): z.ZodString {
  const arn = new RegExp(
    `^arn:aws(-[^:]+)?:comprehend:[a-zA-Z0-9-]*:([0-9]{12}|aws):${kind}/[a-zA-Z0-9](-*[a-zA-Z0-9])*$`,
  );
  return z.string().max(256).regex(arn, `Member must be the ARN of a ${kind}`);
}

// Inputs as botocore's service model has them; members of documents in `Bytes` are refused by name.
export const classifyDocumentInput = z.object({
  Text: text.optional(),
  EndpointArn: endpointArn('document-classifier-endpoint'),
  Bytes: z.unknown().optional(),
});
export const detectSentimentInput = z.object({ Text: text, LanguageCode: languageCode });
export const batchDetectSentimentInput = z.object({ TextList: z.array(text).min(1), LanguageCode: languageCode });
export const detectDominantLanguageInput = z.object({ Text: text });
export const detectEntitiesInput = z.object({
  Text: text.optional(),
  LanguageCode: languageCode.optional(),
  EndpointArn: endpointArn('entity-recognizer-endpoint').optional(),
  Bytes: z.unknown().optional(),
});

/** The endpoint's name at the end of its ARN. */
export function endpointNameOf(arn: string | undefined): string | undefined {
  return arn?.split('/').at(-1);
}
