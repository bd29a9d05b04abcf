const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Upper bounds on what a model may hold. Each is far above any real model and far below what would hurt the machine. */
export const limits = {
  /** A training job that keeps its checkpoints, code and logs stays in the hundreds. */
  archiveEntries: 10_000,
  /** Longest S3 key; names in training archives are below 200. */
  entryPathBytes: 1024,
  /** All headers in front of one entry that only describe it: pax and long-name headers carry one path and a few times; GNU tar writes 1 KiB. */
  tarMetadataBytes: 64 * KiB,
  /** Unpacked bytes of a whole archive with its skipped files: several training checkpoints with optimizer states. */
  archiveBytes: 64 * GiB,
  /** Bytes that are written to disk: the largest encoder of these families (1.5 billion float32) takes 6 GiB. */
  modelBytes: 12 * GiB,
  /** Weights compress to 0.5–0.95; deflate itself reaches 1032:1 on zeros. */
  compressionRatio: 100,
  /** Below this many unpacked bytes the ratio says nothing: a small archive may be nearly all text. */
  compressionRatioFloorBytes: 64 * MiB,
  /** One file of weights. */
  weightsBytes: 8 * GiB,
  /** config.json: 10,000 labels twice over, 200 bytes each. */
  configBytes: 4 * MiB,
  /** The largest tokenizer.json in use (256,000 tokens with merges) is 33 MB. */
  tokenizerBytes: 64 * MiB,
  /** vocab.txt, vocab.json, merges.txt: below 10 MB in use. */
  vocabularyBytes: 32 * MiB,
  /** Nesting of config and tokenizer files stays below 10. */
  jsonDepth: 64,
  /** Values in one JSON file, keys counted too: the largest tokenizer.json has 2.3 million; each takes some 50 bytes of memory. */
  jsonValues: 8_000_000,
  /** The reference's own bound on a safetensors header. */
  safetensorsHeaderBytes: 100_000_000,
  /** name → {dtype, shape, offsets}: three levels. */
  safetensorsHeaderDepth: 4,
  /** The largest encoders have about 2,000 tensors. */
  tensors: 100_000,
  tensorNameLength: 512,
  /** torch itself allows 64; weights of these families have two. */
  dimensions: 8,
  /** Files of one sharded model. */
  shards: 1000,
  /** The index of a sharded model: about 120 bytes for each tensor. */
  shardIndexBytes: 16 * MiB,
  /** The pickle of a state dict: about 200 bytes for each tensor. */
  pickleBytes: 32 * MiB,
  /** Values on the machine's stack or in its memo: a few dozen for each tensor. */
  pickleValues: 2_000_000,
  /** Marks inside marks: a state dict needs four. */
  pickleDepth: 100,
  /** Two for each tensor, and a few of the format's own. */
  zipEntries: 200_002,
  /** The manifest's bounds. */
  labels: 10_000,
  labelLength: 256,
  maxLength: 8192,
  /** Tokens of a tokenizer that we build; the largest multilingual vocabularies have 256,000. */
  vocabularyTokens: 2_000_000,
  /** Tokens added after training; a hundred in use. */
  addedTokens: 10_000,
} as const;
