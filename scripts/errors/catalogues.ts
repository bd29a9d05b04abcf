import { awsErrors } from '../../cloud/aws/errors.ts';
import { batchErrors } from '../../cloud/batch/errors.ts';
import { bundleErrors as packErrors } from '../../cloud/bundle/errors.ts';
import { checkpointErrors } from '../../cloud/checkpoint/errors.ts';
import { commandErrors } from '../../cloud/commands/errors.ts';
import { encodeErrors } from '../../cloud/compile/encode/errors.ts';
import { compileErrors } from '../../cloud/compile/errors.ts';
import { familyErrors } from '../../cloud/compile/families/errors.ts';
import { graphErrors } from '../../cloud/compile/graph/errors.ts';
import { importErrors } from '../../cloud/compile/passes/import/errors.ts';
import { quantiseErrors } from '../../cloud/compile/quantise/errors.ts';
import { consumerErrors } from '../../cloud/consumer/errors.ts';
import { dashboardErrors } from '../../cloud/dashboard/errors.ts';
import { datasetErrors } from '../../cloud/dataset/errors.ts';
import { demoErrors } from '../../cloud/demo/errors.ts';
import { lintErrors } from '../../cloud/lint/errors.ts';
import { coreErrors } from '../../cloud/local/core/errors.ts';
import { localErrors } from '../../cloud/local/stack/errors.ts';
import { processingErrors } from '../../cloud/processing/errors.ts';
import { publishErrors } from '../../cloud/publish/errors.ts';
import { rolloutErrors } from '../../cloud/rollout/errors.ts';
import { signErrors } from '../../cloud/sign/errors.ts';
import { sinkErrors } from '../../cloud/sink/errors.ts';
import { originErrors } from '../../cloud/source/errors.ts';
import { engineErrors } from '../../component/classify/errors.ts';
import { configErrors } from '../../component/config/errors.ts';
import type { ErrorKind } from '../../component/contract/error.ts';
import { lifecycleErrors } from '../../component/lifecycle/errors.ts';
import { linkErrors } from '../../component/link/errors.ts';
import { bundleErrors } from '../../component/models/errors.ts';
import { modelErrors } from '../../component/models/host/errors.ts';
import { signatureErrors } from '../../component/models/signature/errors.ts';
import { outboxErrors } from '../../component/outbox/errors.ts';
import { sourceErrors } from '../../component/sources/errors.ts';
import { tokenizerErrors } from '../../component/text/errors.ts';

/** The errors of one stage, as the reader of the documentation meets them. */
export interface CatalogueSection {
  /** What the stage does, as a heading. */
  readonly title: string;
  /** The `errors.ts` that declares them, from the root of the repository. */
  readonly file: string;
  readonly kinds: Readonly<Record<string, ErrorKind>>;
}

/** Every catalogue, in the order of the flow. A test looks for those that are not here. */
export const catalogues: readonly CatalogueSection[] = [
  { title: 'The command line', file: 'cloud/commands/errors.ts', kinds: commandErrors.kinds },
  { title: 'Asking AWS', file: 'cloud/aws/errors.ts', kinds: awsErrors.kinds },
  { title: 'Fetching a model', file: 'cloud/source/errors.ts', kinds: originErrors.kinds },
  { title: 'Opening a checkpoint', file: 'cloud/checkpoint/errors.ts', kinds: checkpointErrors.kinds },
  { title: 'Batch jobs', file: 'cloud/batch/errors.ts', kinds: batchErrors.kinds },
  { title: 'Texts and samples', file: 'cloud/dataset/errors.ts', kinds: datasetErrors.kinds },
  { title: 'Building the graph', file: 'cloud/compile/families/errors.ts', kinds: familyErrors.kinds },
  { title: 'The graph as such', file: 'cloud/compile/graph/errors.ts', kinds: graphErrors.kinds },
  { title: 'Reading ONNX files', file: 'cloud/compile/encode/errors.ts', kinds: encodeErrors.kinds },
  { title: 'Taking in finished ONNX models', file: 'cloud/compile/passes/import/errors.ts', kinds: importErrors.kinds },
  { title: 'Running samples', file: 'cloud/compile/quantise/errors.ts', kinds: quantiseErrors.kinds },
  { title: 'Compiling', file: 'cloud/compile/errors.ts', kinds: compileErrors.kinds },
  { title: 'Writing a bundle', file: 'cloud/bundle/errors.ts', kinds: packErrors.kinds },
  { title: 'Opening a bundle', file: 'component/models/errors.ts', kinds: bundleErrors.kinds },
  { title: 'Letting a model serve', file: 'component/models/host/errors.ts', kinds: modelErrors.kinds },
  { title: 'Who made a bundle', file: 'component/models/signature/errors.ts', kinds: signatureErrors.kinds },
  { title: 'Signing', file: 'cloud/sign/errors.ts', kinds: signErrors.kinds },
  { title: 'Looking a recipe over', file: 'cloud/lint/errors.ts', kinds: lintErrors.kinds },
  { title: 'Jobs in the cloud', file: 'cloud/processing/errors.ts', kinds: processingErrors.kinds },
  { title: 'Publishing', file: 'cloud/publish/errors.ts', kinds: publishErrors.kinds },
  { title: 'Rolling out', file: 'cloud/rollout/errors.ts', kinds: rolloutErrors.kinds },
  { title: 'The tokenizer', file: 'component/text/errors.ts', kinds: tokenizerErrors.kinds },
  { title: 'Classifying', file: 'component/classify/errors.ts', kinds: engineErrors.kinds },
  { title: 'Settings of the runtime', file: 'component/config/errors.ts', kinds: configErrors.kinds },
  { title: 'The life of the runtime', file: 'component/lifecycle/errors.ts', kinds: lifecycleErrors.kinds },
  { title: 'Taking texts', file: 'component/sources/errors.ts', kinds: sourceErrors.kinds },
  { title: 'Gathering results', file: 'component/outbox/errors.ts', kinds: outboxErrors.kinds },
  { title: 'The link to the broker', file: 'component/link/errors.ts', kinds: linkErrors.kinds },
  { title: 'Consuming results', file: 'cloud/consumer/errors.ts', kinds: consumerErrors.kinds },
  { title: 'The page', file: 'cloud/dashboard/errors.ts', kinds: dashboardErrors.kinds },
  { title: 'Results into a database', file: 'cloud/sink/errors.ts', kinds: sinkErrors.kinds },
  { title: 'The stack on this machine', file: 'cloud/local/stack/errors.ts', kinds: localErrors.kinds },
  { title: 'The local Greengrass core', file: 'cloud/local/core/errors.ts', kinds: coreErrors.kinds },
  { title: 'The demo', file: 'cloud/demo/errors.ts', kinds: demoErrors.kinds },
];
