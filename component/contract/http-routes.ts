import * as z from 'zod';

/** Operations of AWS services that the HTTP source answers. */
export const HTTP_OPERATIONS = [
  'comprehend:ClassifyDocument',
  'comprehend:DetectSentiment',
  'comprehend:BatchDetectSentiment',
  'comprehend:DetectDominantLanguage',
  'comprehend:DetectEntities',
  'sagemaker:InvokeEndpoint',
  'lex:RecognizeText',
] as const;
export type HttpOperation = (typeof HTTP_OPERATIONS)[number];

/** Which model answers an operation; with a name, only calls to the endpoint or bot of that name. */
export interface HttpRoute {
  readonly operation: HttpOperation;
  readonly name: string | undefined;
  readonly model: string;
}

const OPERATION = HTTP_OPERATIONS.join('|');
const NAME = '[A-Za-z0-9][A-Za-z0-9-]{0,62}';
const MODEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const ROUTE = `(?:${OPERATION})(?:/${NAME})?=${MODEL}`;

/**
 * `service:Operation=model`, or `service:Operation/name=model` for an endpoint or bot of that name; with commas between. One
 * flat value, within the 1,024 bytes of nucleus lite (fact L4).
 */
export const httpRoutesSchema = z
  .string()
  .max(1000)
  .regex(
    new RegExp(`^(?:${ROUTE}(?:, ?${ROUTE})*)?$`),
    'routes are `service:Operation=model` with commas between, such as `lex:RecognizeText=intents`',
  );

/** Takes a checked setting apart. */
export function parseHttpRoutes(setting: string): HttpRoute[] {
  return setting
    .split(/, ?/)
    .filter((route) => route !== '')
    .map((route) => {
      const [left = '', model = ''] = route.split('=');
      const [operation = '', name] = left.split('/');
      return { operation: operation as HttpOperation, name, model }; // the schema lets no other through
    });
}
