import type { Checkpoint, CheckpointSource, CheckpointTensor } from './checkpoint.ts';
import { recogniseTask } from './config/head.ts';
import { type Labels, readLabels } from './config/labels.ts';
import { readMaxLength } from './config/max-length.ts';
import { readProblemType } from './config/problem-type.ts';
import { readConfig } from './config/read-config.ts';
import { checkpointErrors } from './errors.ts';
import { limits } from './limits.ts';
import { type ModelFiles, onnxFile } from './model-files.ts';
import { quote } from './quote.ts';
import { readFileBounded } from './read-file.ts';
import { elementCount, formatShape } from './shape.ts';
import { missingTokenizer, readTokenizer } from './tokenizer/read-tokenizer.ts';
import { isFloatingPoint } from './weights/element-type.ts';
import { openWeights } from './weights/open-weights.ts';
import { readStored } from './weights/stored-tensor.ts';
import { byPlainName } from './weights/tensor-names.ts';

export interface AssembleOptions {
  /** Tokens with specials; lowers the model's own limit and never raises it. */
  readonly maxLength?: number;
  /** `optional` opens a model without a tokenizer; `tokenizerJson` is then empty. Default `required`. */
  readonly tokenizer?: 'required' | 'optional';
}

/**
 * Makes the checkpoint out of the files of one model.
 * @param removals run by `close`, last first; what is opened here is added to them.
 */
export async function assemble(
  files: ModelFiles,
  source: CheckpointSource,
  options: AssembleOptions,
  removals: (() => Promise<void>)[],
): Promise<Checkpoint> {
  const configFile = files.get('config.json');
  if (configFile === undefined)
    throw checkpointErrors.make('CONFIG_NOT_FOUND', `${quote(source.name)} has no config.json`);
  const { config, modelType } = readConfig(await readFileBounded(configFile, 'config.json', limits.configBytes));
  const weights = await openWeights(files);
  removals.push(async () => {
    for (const file of weights?.files ?? []) file.close();
  });
  const tensors = namedTensors(weights?.tensors ?? [], modelType);
  const onnx = onnxFile(files);
  const task = recogniseTask(config, modelType, new Set(tensors.keys()));
  const { labels, warnings } = readLabels(config);
  checkClassifier(tensors, labels);
  const { tokenizerJson, modelMaxLength } = await readTokenizer(files, modelType);
  if (tokenizerJson === undefined && options.tokenizer !== 'optional') throw missingTokenizer(files);
  const parameters = countParameters(tensors);
  const ignoredOnnx = weights !== undefined && onnx !== undefined;
  return {
    source,
    modelType,
    task,
    problemType: readProblemType(config.problem_type, task, labels.length),
    labels,
    config,
    tensors,
    parameters,
    float32Bytes: parameters * Float32Array.BYTES_PER_ELEMENT,
    tokenizerJson: tokenizerJson ?? new Uint8Array(),
    maxLength: readMaxLength(config, modelType, modelMaxLength, options.maxLength),
    onnxPath: weights === undefined && onnx !== undefined ? files.get(onnx)?.path : undefined,
    warnings: ignoredOnnx ? [...warnings, `${onnx} is ignored: the model is compiled from its weights.`] : warnings,
    close: closeOnce(removals),
  };
}

function namedTensors(
  stored: readonly Parameters<typeof readStored>[0][],
  modelType: string,
): Map<string, CheckpointTensor> {
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, tensor] of byPlainName(stored, modelType)) {
    tensors.set(name, { name, shape: tensor.shape, storedType: tensor.type, read: () => readStored(tensor) });
  }
  return tensors;
}

/** The last linear has one row for each label, whatever its name in this family. */
function checkClassifier(tensors: ReadonlyMap<string, CheckpointTensor>, labels: Labels['labels']): void {
  for (const name of ['classifier.weight', 'classifier.out_proj.weight']) {
    const shape = tensors.get(name)?.shape;
    if (shape === undefined || shape[0] === labels.length) continue;
    throw checkpointErrors.make(
      'LABEL_COUNT_MISMATCH',
      `config.json has ${labels.length} labels and tensor '${name}' has the shape ${formatShape(shape)}`,
    );
  }
}

function countParameters(tensors: ReadonlyMap<string, CheckpointTensor>): number {
  let count = 0;
  for (const { shape, storedType } of tensors.values()) if (isFloatingPoint(storedType)) count += elementCount(shape);
  return count;
}

function closeOnce(removals: readonly (() => Promise<void>)[]): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => {
    closed ??= (async () => {
      for (const remove of removals.toReversed()) await remove();
    })();
    return closed;
  };
}
