import { defineErrors, type ErrorKind } from '../../component/contract/error.ts';

const packAgain = 'Pack the model files again with `tar -czf model.tar.gz -C FOLDER .`';
const fetchAgain = 'The file is damaged or was cut short: fetch it again';
const saveAgain = 'Save the model again with `model.save_pretrained(FOLDER)` and pack that folder';
const resave = 'Load it in Python and save it as safetensors: `model.save_pretrained(FOLDER, safe_serialization=True)`';
const saveFast =
  'Save the fast tokenizer: `AutoTokenizer.from_pretrained(FOLDER, use_fast=True).save_pretrained(FOLDER)`';
const beyondBounds = 'No model that Verge compiles is like this; if yours is, please report it with these numbers';
const fixLabels = 'Correct id2label in config.json: "0" to "n-1", each with a label of its own of 1 to 256 characters';

/** All of this is the reader's to fix: the model is theirs. */
function yours(next: string): ErrorKind {
  return { fault: 'user', next };
}

/** Everything that can be wrong with a model on its way in. */
export const checkpointErrors = defineErrors({
  // Finding the model.
  CHECKPOINT_NOT_FOUND: yours('Check the path'),
  CHECKPOINT_UNREADABLE: yours('Check that the file can be read and written where the message says'),
  CHECKPOINT_CLOSED: { fault: 'verge', next: 'This is a bug: please report it' },
  TEMPORARY_FOLDER_UNUSABLE: yours('Set the TMPDIR variable to a folder that is there and can be written to'),
  DISK_FULL: yours('Make room there, or point the TMPDIR variable to a larger disk'),
  FORMAT_UNKNOWN: yours('Give a model.tar.gz, a folder, or a .safetensors file'),
  FORMAT_ZIP: yours('Give the folder that the file stands in, or pack the model files as a tar.gz'),
  FILE_NOT_REGULAR: yours('Give a plain file in its place'),
  FILE_TOO_LARGE: yours(beyondBounds),
  CONFIG_NOT_FOUND: yours('Put the config.json of the model beside its weights'),
  WEIGHTS_NOT_FOUND: yours('Put model.safetensors, pytorch_model.bin or model.onnx beside config.json'),
  WEIGHTS_ADAPTER: yours('Merge it first: `model.merge_and_unload().save_pretrained(FOLDER)`'),
  WEIGHTS_FRAMEWORK: yours(
    'Load it in PyTorch (`from_tf=True` or `from_flax=True`) and save it with `save_pretrained`',
  ),
  MODEL_AMBIGUOUS: yours('Pack only the one to compile'),

  // The archive.
  GZIP_TRUNCATED: yours(fetchAgain),
  GZIP_CORRUPT: yours(fetchAgain),
  GZIP_TRAILING: yours(packAgain),
  TAR_TRUNCATED: yours(fetchAgain),
  TAR_TRAILING: yours(packAgain),
  TAR_HEADER_BAD: yours(packAgain),
  TAR_METADATA_TOO_LARGE: yours(packAgain),
  ARCHIVE_ENTRY_ESCAPES: yours(packAgain),
  ARCHIVE_ENTRY_LINK: yours('Pack the files themselves: `tar -czhf model.tar.gz -C FOLDER .` follows links'),
  ARCHIVE_ENTRY_DEVICE: yours('Pack only plain files and folders'),
  ARCHIVE_ENTRY_SPARSE: yours('Pack again without the --sparse option'),
  ARCHIVE_ENTRY_UNKNOWN: yours(packAgain),
  ARCHIVE_ENTRY_TWICE: yours('Pack each file once: `tar --append` leaves the older one in the archive'),
  ARCHIVE_PATH_TOO_LONG: yours('Give the entry a shorter path'),
  ARCHIVE_TOO_MANY_ENTRIES: yours('Pack only the files of the model'),
  ARCHIVE_TOO_LARGE: yours('Pack only the files of the model'),
  ARCHIVE_MODEL_TOO_LARGE: yours(beyondBounds),
  ARCHIVE_RATIO: yours('Weights never compress like this: check where the archive comes from'),

  // JSON files.
  JSON_NOT_UTF8: yours('Save the file as UTF-8'),
  JSON_MALFORMED: yours('Correct the file, or save the model again'),
  JSON_NOT_OBJECT: yours('Correct the file, or save the model again'),
  JSON_TOO_MANY: yours(beyondBounds),
  JSON_TOO_DEEP: yours('Check where the file comes from: no file of a model nests like this'),
  JSON_DUPLICATE_KEY: yours('Leave only one of the two'),

  // config.json.
  MODEL_TYPE_MISSING: yours('Add the model_type of the model, for example "bert"'),
  MODEL_TYPE_UNSUPPORTED: yours(
    'Train a model of one of these families, or export yours to model.onnx beside a config.json of one',
  ),
  HEAD_NOT_CLASSIFICATION: yours('Fine-tune it as a text classifier first: AutoModelForSequenceClassification'),
  HEAD_CLASS_UNKNOWN: yours('Save it as the class of the transformers library that it equals, if it equals one'),
  HEAD_UNKNOWN: yours('Add architectures to config.json, for example ["BertForSequenceClassification"]'),
  HEAD_UNSUPPORTED: yours('Token classification is compiled for bert, distilbert, roberta, xlm-roberta and camembert'),
  LABELS_BAD: yours(fixLabels),
  LABELS_TOO_MANY: yours(fixLabels),
  LABEL_BAD: yours(fixLabels),
  LABEL_TWICE: yours(fixLabels),
  LABEL_COUNT_BAD: yours('Make num_labels the number of labels, or leave it out'),
  LABEL_COUNT_MISMATCH: yours('config.json belongs to another model, or its id2label was not set before training'),
  PROBLEM_TYPE_BAD: yours('It is one of single_label_classification, multi_label_classification, regression'),
  POSITIONS_BAD: yours('Give the number of rows of the position table'),
  PAD_TOKEN_BAD: yours('Give the id of the padding token, a whole number from 0 on'),
  MAX_LENGTH_BAD: yours('Give a whole number from 2 on'),
  MAX_LENGTH_TOO_LARGE: yours('Ask for that many or fewer, or leave --max-length out'),

  // Weights.
  SAFETENSORS_TOO_SHORT: yours(fetchAgain),
  SAFETENSORS_HEADER_TOO_LARGE: yours(saveAgain),
  SAFETENSORS_HEADER_OUTSIDE: yours(fetchAgain),
  SAFETENSORS_TOO_MANY: yours(beyondBounds),
  SAFETENSORS_FIELD_BAD: yours(saveAgain),
  SAFETENSORS_SHAPE_BAD: yours(saveAgain),
  SAFETENSORS_OFFSETS_OUTSIDE: yours(fetchAgain),
  SAFETENSORS_SIZE_MISMATCH: yours(saveAgain),
  SAFETENSORS_LAYOUT: yours(saveAgain),
  SAFETENSORS_TRAILING: yours(saveAgain),
  SHARD_INDEX_BAD: yours(saveAgain),
  SHARD_NAME_BAD: yours(saveAgain),
  SHARD_COUNT_BAD: yours(saveAgain),
  SHARD_MISSING: yours('Pack all shards of the model'),
  SHARD_TENSOR_MISSING: yours('The shards come from different savings of the model: pack those of one'),
  SHARD_TENSOR_EXTRA: yours('The shards come from different savings of the model: pack those of one'),
  WEIGHTS_TYPE_UNKNOWN: yours('Save the weights as float32, float16 or bfloat16'),
  WEIGHTS_NOT_FINITE: yours('The training diverged: take an earlier checkpoint of it'),
  WEIGHTS_TRUNCATED: yours('Somebody changed the file while it was read: try again'),
  TENSOR_NAME_TOO_LONG: yours(beyondBounds),
  TENSOR_NAME_COLLISION: yours(saveAgain),
  TENSOR_MISSING: yours(`The file does not hold the model that config.json describes. ${saveAgain}`),
  TENSOR_EXTRA: yours(`Leaving weights out would change the answers, so the model is refused. ${saveAgain}`),
  TENSOR_SHAPE: yours(`config.json and the weights belong to different models. ${saveAgain}`),

  // Pickled weights.
  PICKLE_LEGACY: yours(resave),
  PICKLE_NOT_ZIP: yours(resave),
  PICKLE_ZIP_BAD: yours(fetchAgain),
  PICKLE_ZIP_TOO_MANY: yours(beyondBounds),
  PICKLE_ZIP_COMPRESSED: yours(resave),
  PICKLE_ENTRY_MISSING: yours(resave),
  PICKLE_BYTE_ORDER: yours('Save it again on a little-endian machine (x86-64 or ARM)'),
  PICKLE_GLOBAL: yours(`A file of weights needs no such thing. If you trust where it comes from: ${resave}`),
  PICKLE_OPCODE: yours(resave),
  PICKLE_TRUNCATED: yours(fetchAgain),
  PICKLE_MALFORMED: yours(resave),
  PICKLE_TOO_LARGE: yours(beyondBounds),
  PICKLE_TENSOR_BAD: yours(resave),
  PICKLE_TENSOR_OUTSIDE: yours(resave),
  PICKLE_STORAGE_SIZE: yours(fetchAgain),
  PICKLE_NOT_STATE_DICT: yours(`It must hold tensors by name and nothing else. ${resave}`),

  // Tokenizer.
  TOKENIZER_MISSING: yours('Save it beside the model: `tokenizer.save_pretrained(FOLDER)`'),
  TOKENIZER_SLOW_ONLY: yours(saveFast),
  TOKENIZER_CLASS_UNKNOWN: yours(saveFast),
  TOKENIZER_SPECIAL_MISSING: yours(saveFast),
  TOKENIZER_SETTING_BAD: yours(saveFast),
  TOKENIZER_ADDED_TOKEN_BAD: yours(saveFast),
  VOCABULARY_BAD: yours(saveFast),
  MERGES_BAD: yours(saveFast),
});
