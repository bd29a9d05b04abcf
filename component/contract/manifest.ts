import * as z from 'zod';
import { CONFIDENCE_BINS, LENGTH_BINS } from './bins.ts';

/** Version of the manifest's own schema; a reader refuses any other. */
export const MANIFEST_SCHEMA_VERSION = 1;

/** Files of a bundle by role. `manifest.json` lists all the others with their digests. */
export const BUNDLE_FILES = {
  manifest: 'manifest.json',
  model: 'model.onnx',
  weights: 'model.bin',
  tokenizer: 'tokenizer.json',
  golden: 'golden.jsonl',
  card: 'MODEL_CARD.md',
  /** Of the manifest, and so of everything; made after it and not listed in it. */
  signature: 'model.sig',
} as const;

const share = z.number().min(0).max(1);
const count = z.number().int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Model names become component names (`verge.model.<name>`) and topic levels. */
export const modelNameSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
export const modelVersionSchema = z
  .string()
  .max(64)
  .regex(/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/);

/** Agreement of the shipped precision with fp32 on the samples; probabilities are after the temperature. */
export const fidelitySchema = z.object({
  sampleCount: count,
  labelled: z.boolean(),
  samples: z.enum(['built-in', 'user']),
  /** Share of samples with the same top label. */
  agreement: share,
  /** The same, over the samples that fp32 answers with at least half its confidence. */
  confidentAgreement: share,
  confidentCount: count,
  meanProbabilityChange: share,
  maxProbabilityChange: share,
  /** Mean squared difference of the logits. */
  logitMeanSquaredError: z.number().min(0),
  referenceAccuracy: share.optional(),
  accuracy: share.optional(),
  /** Regression with labelled samples: mean absolute difference from the label. */
  referenceMeanError: z.number().min(0).optional(),
  meanError: z.number().min(0).optional(),
  /** The same where texts share batches, as on a busy device: their scores then depend on their batch mates (fact R5). */
  batched: z
    .object({
      agreement: share,
      confidentAgreement: share,
      meanProbabilityChange: share,
      maxProbabilityChange: share,
      accuracy: share.optional(),
      meanError: z.number().min(0).optional(),
    })
    .optional(),
});

/** What rejecting costs and gains on the labelled samples. */
export const rejectionSchema = z.object({
  label: z.string(),
  /** A text whose best score is below this is answered with `label`. */
  threshold: share,
  accuracyBefore: share,
  accuracyAfter: share,
  inScopeAccuracyBefore: share,
  inScopeAccuracyAfter: share,
  recallBefore: share,
  recallAfter: share,
});

/** What the samples looked like to this model: the yardstick for drift on the device. */
export const baselineSchema = z.object({
  sampleCount: count,
  /** Share of each label among the answers, after rejection, by index in `labels`. Token tasks: among the tokens. */
  labelShares: z.array(share),
  /**
   * 0 %, 10 %, … 100 % quantiles of the best score, before rejection: 11 numbers. Token tasks: of the best entity's
   * score, 0 without one. Regression: ones.
   */
  confidenceDeciles: z.array(share).length(11),
  /** Regression only: quantiles of the answered value. */
  valueDeciles: z.array(z.number()).length(11).optional(),
  /** Token counts with specials, after truncation: quantiles as above. */
  lengthDeciles: z.array(z.number().min(0)).length(11),
  unknownTokenRate: share,
  truncationRate: share,
  /** Shares of the samples by best score and by length, in the bins of `bins.ts`; without them they follow from the deciles, roughly. */
  confidenceShares: z.array(share).length(CONFIDENCE_BINS).optional(),
  lengthShares: z.array(share).length(LENGTH_BINS).optional(),
});

/** Where the archive came from, where that was AWS. Nothing in it is a secret: names and values of the job's own. */
export const originSchema = z.object({
  /** `s3://…` */
  uri: z.string().max(2048),
  /** Without quotes. */
  etag: z.string().max(256),
  versionId: z.string().max(1024).optional(),
  /** What the fetched bytes were held against; `size` where S3 knew no more. */
  verifiedBy: z.enum(['SHA256', 'CRC64NVME', 'CRC32C', 'CRC32', 'SHA1', 'ETag', 'size']),
  trainingJob: z
    .object({
      arn: z.string().max(2048),
      name: z.string().max(256),
      image: z.string().max(2048).optional(),
      hyperParameters: z.record(z.string().max(256), z.string().max(4096)),
      /** Final metrics, as the job reported them. */
      metrics: z.record(z.string().max(256), z.number()),
      endedAt: z.iso.datetime().optional(),
    })
    .optional(),
  tuningJob: z
    .object({ arn: z.string().max(2048), objective: z.object({ metric: z.string().max(256), value: z.number() }) })
    .optional(),
  modelPackage: z
    .object({ arn: z.string().max(2048), group: z.string().max(256).optional(), version: count.optional() })
    .optional(),
});

export const manifestSchema = z.object({
  schemaVersion: z.literal(MANIFEST_SCHEMA_VERSION),
  name: modelNameSchema,
  version: modelVersionSchema,
  task: z.enum(['text-classification', 'token-classification']),
  problemType: z.enum(['single_label_classification', 'multi_label_classification', 'regression']),
  labels: z.array(z.string().min(1).max(256)).min(1).max(10_000),
  /** Tokens with specials; longer texts are cut. */
  maxLength: z.number().int().min(2).max(8192),
  graph: z.object({
    precision: z.enum(['int8', 'fp32']),
    opset: z.number().int(),
    /** In the order of the file: `input_ids` int32 [batch, sequence] and, where it is there, `lengths` int32 [batch]. */
    inputs: z.array(z.string()).min(1).max(3),
    output: z.string(),
    /** `alone`: the samples lose too much where texts share a batch, so no text shares one. Absent: `mixed`. */
    batching: z.enum(['mixed', 'alone']).optional(),
  }),
  tokenizer: z.object({
    kind: z.enum(['wordpiece', 'bpe', 'unigram']),
    vocabularySize: z.number().int().min(1),
    /** Id that fills a short row of a batch. */
    padTokenId: count,
  }),
  calibration: z.object({
    /** Logits are divided by this before softmax or sigmoid. 1 where nothing was fitted. */
    temperature: z.number().min(0.01).max(100),
    /** Expected calibration error (15 equal bins) on the labelled samples. */
    errorBefore: share.optional(),
    errorAfter: share.optional(),
  }),
  rejection: rejectionSchema.optional(),
  fidelity: fidelitySchema.optional(),
  baseline: baselineSchema,
  provenance: z.object({
    source: z.object({
      kind: z.string(),
      name: z.string(),
      sha256,
      sizeBytes: count,
    }),
    /** Absent where the source was a file of this machine, and in bundles made before it was known. */
    origin: originSchema.optional(),
    modelType: z.string(),
    parameters: count,
    float32Bytes: count,
    vergeVersion: z.string(),
  }),
  compile: z.object({
    smoothing: z.object({ alpha: share, linears: z.array(z.string()) }).optional(),
    keptFp32: z.array(z.string()),
  }),
  /** What the device must have; absent in bundles that need no more than the first runtime. */
  requires: z.object({ runtime: modelVersionSchema.optional() }).optional(),
  /** Every other file of the bundle but the signature, sorted by name. */
  files: z
    .array(z.object({ name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/), sizeBytes: count, sha256 }))
    .min(1)
    .max(16),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Fidelity = z.infer<typeof fidelitySchema>;
export type Origin = z.infer<typeof originSchema>;
export type Rejection = z.infer<typeof rejectionSchema>;
export type Baseline = z.infer<typeof baselineSchema>;

/** One line of golden.jsonl: a text, what it must be answered with, and how far the score may be off. */
export const goldenSampleSchema = z.object({
  text: z.string(),
  /** Best label before rejection. Token tasks: the label of the best entity, '' without one. */
  label: z.string(),
  scoreMin: z.number(),
  scoreMax: z.number(),
});
export type GoldenSample = z.infer<typeof goldenSampleSchema>;
