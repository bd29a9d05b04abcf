"""Records the tokenizer.json that the reference builds from vocabulary files: an oracle for our own building of it.

    python record_tokenizers.py .
Needs transformers and tokenizers. Each folder below tokenizers/ gets the vocabulary files as a slow tokenizer leaves them, and
`expected.json`: the model type, and the tokenizer.json of the reference.
"""
import json, pathlib, sys
import transformers

out = pathlib.Path(sys.argv[1]) / "tokenizers"
words = ["hello", "world", "un", "##want", "##ed", "##a", "naive", "na", "##ï", "##ve", "don", "'", "t", ",", "!", "中", "2", "10"]
bert = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
mpnet = ["<s>", "<pad>", "</s>", "<unk>", *words, "[UNK]", "<mask>"]
bpe = {token: index for index, token in enumerate(
    ["<s>", "<pad>", "</s>", "<unk>", "h", "e", "l", "o", "Ġ", "he", "ll", "hell", "hello", "Ġw", "w", "r", "d", "<mask>"])}
merges = ["h e", "l l", "he ll", "hell o", "Ġ w"]
CASES = {
    "bert": ("bert", "BertTokenizer", bert, {}),
    "bert-cased": ("bert", "BertTokenizer", bert, {"do_lower_case": False, "strip_accents": False}),
    "distilbert": ("distilbert", "BertTokenizer", bert, {"do_lower_case": True, "tokenize_chinese_chars": False}),
    "electra": ("electra", "BertTokenizer", bert, {"strip_accents": True, "model_max_length": 128}),
    "bert-own-tokens": ("bert", "BertTokenizer", ["<unk>", "<b>", "<e>", "<p>", "<m>", *words], {
        "unk_token": "<unk>", "cls_token": "<b>", "sep_token": "<e>", "pad_token": "<p>", "mask_token": "<m>"}),
    "bert-added": ("bert", "BertTokenizer", bert, {"added_tokens_decoder": {
        "0": {"content": "[PAD]", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True},
        "23": {"content": "<user>", "lstrip": True, "normalized": False, "rstrip": True, "single_word": False, "special": True},
        "24": {"content": "Brand", "lstrip": False, "normalized": True, "rstrip": False, "single_word": True, "special": False}}}),
    "mpnet": ("mpnet", "MPNetTokenizer", mpnet, {}),
    "roberta": ("roberta", "RobertaTokenizer", (bpe, merges), {}),
    "roberta-prefix-space": ("roberta", "RobertaTokenizer", (bpe, merges), {"add_prefix_space": True, "trim_offsets": False}),
}
for name, (model_type, class_name, vocabulary, settings) in CASES.items():
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    if isinstance(vocabulary, list):
        (folder / "vocab.txt").write_text("".join(token + "\n" for token in vocabulary))
    else:
        (folder / "vocab.json").write_text(json.dumps(vocabulary[0]))
        (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(merge + "\n" for merge in vocabulary[1]))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": class_name, **settings}))
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    tokenizer = getattr(transformers, class_name).from_pretrained(folder)
    expected = {"reference": f"transformers {transformers.__version__}", "modelType": model_type,
                "tokenizer": json.loads(tokenizer.backend_tokenizer.to_str())}
    (folder / "config.json").unlink()
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")
