import { checkpointErrors } from './errors.ts';
import { hasWeights, type ModelFile, type ModelFiles, onnxFile } from './model-files.ts';
import { quote } from './quote.ts';

/** More places than this in one sentence help nobody. */
const maxPlacesInMessage = 3;

/** Files found in an archive or a folder: by folder ('' is the root), then by name. */
export type FoundFiles = ReadonlyMap<string, ReadonlyMap<string, ModelFile>>;

/**
 * Which of the folders is the model.
 * @param place name of the archive or folder, for messages.
 * @throws MODEL_NOT_FOUND, MODEL_AMBIGUOUS
 */
export function chooseModel(found: FoundFiles, place: string): ModelFiles {
  const groups = withOptimumExport(found);
  const models = [...groups].filter(([, files]) => files.has('config.json') && (hasWeights(files) || onnxFile(files)));
  const [first, ...others] = models;
  if (first === undefined) throw notFound(groups, place);
  if (others.length > 0) {
    const named = models.slice(0, maxPlacesInMessage).map(([folder]) => {
      return folder === '' ? 'the root' : quote(`${folder}/`);
    });
    const more = models.length > named.length ? ` and ${models.length - named.length} places more` : '';
    throw checkpointErrors.make(
      'MODEL_AMBIGUOUS',
      `${place} holds more than one model: at ${named.join(' and ')}${more}`,
    );
  }
  return first[1];
}

/** An `onnx/` folder beside a config.json is part of the model at the root, not a second model. */
function withOptimumExport(found: FoundFiles): Map<string, Map<string, ModelFile>> {
  const groups = new Map([...found].map(([folder, files]) => [folder, new Map(files)]));
  const root = groups.get('');
  const exported = groups.get('onnx');
  if (root?.has('config.json') && exported !== undefined) {
    for (const [name, file] of exported) {
      if (name !== 'config.json' && !name.startsWith('tokenizer')) root.set(`onnx/${name}`, file);
    }
    groups.delete('onnx');
  }
  return groups;
}

function notFound(groups: FoundFiles, place: string): Error {
  const names = new Set([...groups.values()].flatMap((files) => [...files.keys()]));
  const foreign = [...names].find((name) => /^(tf_model\.h5|flax_model\.msgpack|saved_model\.pb)$/.test(name));
  if (foreign !== undefined) {
    return checkpointErrors.make('WEIGHTS_FRAMEWORK', `${place} holds weights of another framework only: ${foreign}`);
  }
  const adapter = [...names].find((name) => name.startsWith('adapter_model.'));
  if (adapter !== undefined) {
    return checkpointErrors.make('WEIGHTS_ADAPTER', `${place} holds an adapter without its base model: ${adapter}`);
  }
  const missing = names.has('config.json') ? 'weights beside its config.json' : 'config.json';
  return checkpointErrors.make(
    names.has('config.json') ? 'WEIGHTS_NOT_FOUND' : 'CONFIG_NOT_FOUND',
    `${place} has no ${missing}, neither at its root nor one folder down`,
  );
}
