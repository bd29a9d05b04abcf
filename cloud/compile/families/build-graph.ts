import type { Checkpoint, Task } from '../../checkpoint/checkpoint.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Dimension, Graph } from '../graph/graph.ts';
import { buildAlbert } from './albert.ts';
import { buildBert } from './bert.ts';
import { ConfigReader } from './config.ts';
import { buildDistilBert } from './distilbert.ts';
import { buildElectra } from './electra.ts';
import type { FamilyContext } from './encoder.ts';
import { familyErrors } from './errors.ts';
import { buildMpnet } from './mpnet.ts';
import { buildRoberta, buildXlmRoberta } from './roberta.ts';
import type { TensorSource } from './tensor-source.ts';

interface Family {
  /** Adds the whole network to `context.graph` and returns its logits. */
  readonly build: (context: FamilyContext) => string;
  readonly tasks: readonly Task[];
}

const BOTH: readonly Task[] = ['text-classification', 'token-classification'];

const TEXT: readonly Task[] = ['text-classification'];

const FAMILIES: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['bert', { build: buildBert, tasks: BOTH }],
  ['distilbert', { build: buildDistilBert, tasks: BOTH }],
  ['roberta', { build: buildRoberta, tasks: BOTH }],
  ['xlm-roberta', { build: buildXlmRoberta, tasks: BOTH }],
  ['camembert', { build: buildXlmRoberta, tasks: BOTH }],
  ['electra', { build: buildElectra, tasks: TEXT }],
  ['mpnet', { build: buildMpnet, tasks: TEXT }],
  ['albert', { build: buildAlbert, tasks: TEXT }],
]);

/** Values of `model_type` that a graph can be built for. */
export const SUPPORTED_FAMILIES: readonly string[] = [...FAMILIES.keys()];

/** What of a checkpoint the graph depends on. */
export type GraphSource = Pick<Checkpoint, 'modelType' | 'task' | 'labels' | 'config'>;

/**
 * The float32 graph of a checkpoint. Inputs `input_ids` int32 [batch, sequence], padded on the right, and `lengths` int32
 * [batch] (tokens before padding); output `logits` [batch, labels], or [batch, sequence, labels] for token tasks.
 */
export function buildGraph(source: GraphSource, tensors: TensorSource): Graph {
  const family = FAMILIES.get(source.modelType);
  if (family === undefined) {
    throw familyErrors.make(
      'FAMILY_UNKNOWN',
      `config.json: model_type is ${JSON.stringify(source.modelType.slice(0, 100))}; supported are ${SUPPORTED_FAMILIES.join(', ')}`,
    );
  }
  if (!family.tasks.includes(source.task)) {
    throw familyErrors.make('FAMILY_TASK', `${source.modelType} with a ${source.task} head is not supported`);
  }
  const graph = new GraphBuilder(source.modelType);
  const labelCount = source.labels.length;
  const logits = family.build({
    graph,
    tensors,
    labelCount,
    task: source.task,
    config: new ConfigReader(source.config),
    inputIds: graph.input('input_ids', 'int32', ['batch', 'sequence']),
    lengths: graph.input('lengths', 'int32', ['batch']),
  });
  const perToken: readonly Dimension[] = ['batch', 'sequence', labelCount];
  const shape = source.task === 'token-classification' ? perToken : ['batch', labelCount];
  graph.output('logits', logits, 'float32', shape);
  return graph.build();
}
