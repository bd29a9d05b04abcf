import { checkpointErrors } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { quote } from '../quote.ts';
import { families } from './families.ts';

/** config.json and the family it names. */
export interface ModelConfig {
  readonly config: Readonly<Record<string, unknown>>;
  readonly modelType: string;
}

/** @throws JSON_…, MODEL_TYPE_MISSING, MODEL_TYPE_UNSUPPORTED */
export function readConfig(bytes: Uint8Array): ModelConfig {
  const config = parseJsonObject(bytes, { file: 'config.json', maxDepth: limits.jsonDepth, uniqueKeys: true });
  const modelType = config.model_type;
  if (typeof modelType !== 'string') {
    throw checkpointErrors.make('MODEL_TYPE_MISSING', `config.json has no model_type`);
  }
  if (!Object.hasOwn(families, modelType)) {
    throw checkpointErrors.make(
      'MODEL_TYPE_UNSUPPORTED',
      `config.json has model_type ${quote(modelType)}, which is none of ${Object.keys(families).join(', ')}`,
    );
  }
  return { config, modelType };
}
