import type { Checkpoint, Task } from '../../checkpoint/checkpoint.ts';
import { TensorReader } from '../../checkpoint/tensor-reader.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { checkGraph } from '../graph/check-graph.ts';
import type { Dimension, Graph } from '../graph/graph.ts';
import { removeDeadNodes } from '../graph/rewrite.ts';
import { buildAlbert } from './albert.ts';
import { buildBert } from './bert.ts';
import { ConfigReader } from './config.ts';
import { buildDebertaV2 } from './deberta-v2.ts';
import { buildDistilBert } from './distilbert.ts';
import { buildElectra } from './electra.ts';
import type { FamilyContext } from './encoder.ts';
import { familyErrors } from './errors.ts';
import { buildModernBert } from './modernbert.ts';
import { buildMpnet } from './mpnet.ts';
import { buildRoberta, buildXlmRoberta } from './roberta.ts';

interface Family {
  /** Adds the whole network to `context.graph` and returns its logits. */
  readonly build: (context: FamilyContext) => string;
  readonly tasks: readonly Task[];
  /** Tensors that the family's checkpoints may hold although the network does not use them. */
  readonly unused?: readonly RegExp[];
}

const BOTH: readonly Task[] = ['text-classification', 'token-classification'];
const TEXT: readonly Task[] = ['text-classification'];

/** Older versions of the reference saved a pooler beside heads that read past it. */
const POOLER = /^pooler\.dense\.(weight|bias)$/;
/** DeBERTa's base class keeps positions that `position_biased_input: false` leaves unread. */
const POSITIONS = /^embeddings\.position_embeddings\.weight$/;

const FAMILIES: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['bert', { build: buildBert, tasks: BOTH, unused: [POOLER] }],
  ['distilbert', { build: buildDistilBert, tasks: BOTH }],
  ['roberta', { build: buildRoberta, tasks: BOTH, unused: [POOLER] }],
  ['xlm-roberta', { build: buildXlmRoberta, tasks: BOTH, unused: [POOLER] }],
  ['camembert', { build: buildXlmRoberta, tasks: BOTH, unused: [POOLER] }],
  ['electra', { build: buildElectra, tasks: TEXT }],
  ['mpnet', { build: buildMpnet, tasks: TEXT, unused: [POOLER] }],
  ['albert', { build: buildAlbert, tasks: TEXT }],
  ['deberta-v2', { build: buildDebertaV2, tasks: TEXT, unused: [POSITIONS] }],
  ['modernbert', { build: buildModernBert, tasks: TEXT }],
]);

/** Values of `model_type` that a graph can be built for. */
export const SUPPORTED_FAMILIES: readonly string[] = [...FAMILIES.keys()];

/** What of a checkpoint the graph depends on. */
export type GraphSource = Pick<Checkpoint, 'modelType' | 'task' | 'labels' | 'config' | 'tensors'>;

/**
 * The float32 graph of a checkpoint; every tensor of it is used or known to be unused. Inputs `input_ids` int32 [batch,
 * sequence], padded on the right, and `lengths` int32 [batch] (tokens before padding); output `logits` [batch, labels],
 * or [batch, sequence, labels] for token tasks. ONNX Runtime must load it at the level `basic` (inference.md P3).
 * @throws VergeError with a code of `familyErrors`, or of `checkpointErrors` where a tensor is missing, extra or misshapen
 */
export function buildGraph(source: GraphSource): Graph {
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
  const tensors = new TensorReader(source);
  const labelCount = source.labels.length;
  const logits = family.build({
    graph,
    tensors,
    labelCount,
    task: source.task,
    config: new ConfigReader(source.config),
    shared: sharedValues(),
    inputIds: graph.input('input_ids', 'int32', ['batch', 'sequence']),
    lengths: graph.input('lengths', 'int32', ['batch']),
  });
  tensors.finish(family.unused);
  const perToken: readonly Dimension[] = ['batch', 'sequence', labelCount];
  const shape = source.task === 'token-classification' ? perToken : ['batch', labelCount];
  graph.output('logits', logits, 'float32', shape);
  const built = removeDeadNodes(graph.build());
  checkGraph(built);
  return built;
}

function sharedValues(): FamilyContext['shared'] {
  const made = new Map<string, string>();
  return (name, make) => {
    const value = made.get(name) ?? make();
    made.set(name, value);
    return value;
  };
}
