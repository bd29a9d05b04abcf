"""Records what the reference makes of awkward texts with small tokenizers of every family's shape.

    python record-tokenizers.py tokenizers
Needs tokenizers and sentencepiece. Each file holds the tokenizer.json in its first line, then for every text a line with the ids (whole, and cut to 16 where there are more) and
the offsets in code points. Training depends on the versions: a new run gives other tokenizers, each with its own oracle.
"""
import io, json, pathlib, sys, tempfile
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as protobuf
from tokenizers import AddedToken, Regex, Tokenizer, __version__, models, normalizers as N, pre_tokenizers as P, processors, trainers

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)

CORPUS = """please set an alarm for seven in the morning and play some music
what's the weather like in Zürich tomorrow? It's cold, they're sure; I've got 12 coats and we'll see
naïve café résumé Ångström über straße, ÉTÉ à la plage; Übung macht den Meister
the quick brown fox jumps over the lazy dog again and again, 2024-11-24 at 10:30
中文分词 混合 text 日本語のテスト カタカナ 한국어 문장 नमस्ते दुनिया مرحبا بالعالم привет мир שלום
cancel my order #4711, refund 30% (thirty) of $5.99 & call me back! thanks... a_b c-d e/f ''quoted'' ``text``
unbelievable unaffordable friendliness internationalisation transformations tokenizers tokenization""".split("\n") * 3

TEXTS = ["", " ", "\n\t ", "hello", "Hello, World!", " leading", "trailing  ", "a  b   c", "  a\u00a0b\u3000c\u2003d ",
    "don't they're I'VE we'll 'tis 's", "naïve café RÉSUMÉ Ångström", "nai\u0308ve cafe\u0301 e\u0301\u0323 e\u0323\u0301", "q\u0345\u0334x \u0301alone",
    "ﬁne ﬂuﬀy ½ ⅷ ① Ａｂｃ ｶﾞ カ\u3099 \ufdfa", "中文分词 is 混合 text", "日本語のテスト", "한국어 \u1112\u1161\u11ab문", "𠀀𠀁 𝒜𝟘", "😀 👩\u200d👩\u200d👧 🏳️\u200d🌈 ©\u200d®",
    "a\u200bb\u200dc\ufeffd\u00ade", "x\u0000y\u0001z\u007f\u0085w\ufffd", "line\r\nline\rline\n\nline", "tab\tand\x0bvt\x0cff", "▁under ▁▁two _ __", "``quoted'' text",
    "<mask> [MASK]  <mask>x  [MASK] y<pad>", "a<mask>b [MASK][MASK]", "Zurich Zurichs Zurich, ZURICH zurich", "don't Don't xdon't don'ty",
    "İstanbul ΣΑΣ Σ ß ẞ ǅ", "2024-11-24 1,234.56 30%", "(a) [b] {c} <d> «e» “f” ‘g’", "नमस्ते दुनिया क्ष",
    "\u0600a\u0601 \u06dd1", "שָׁלוֹם مُحَمَّد", "a" * 62, "ab" * 12, "=" * 17, " " * 12 + "x", "unbelievable-unaffordable/internationalisation",
    "\u32ff \U0001fbf5 \ua7f2 \u1e9e", "ﷺ\u0301 Ａ\u0301 ﬁ\u0301", "\ue000\U0010fffd\u0378", "!?!?!? ... --- ***", "a\u0301b <mask>\u0301 c"]


def character_map():
    """A small `precompiled_charsmap`, with what makes the large ones hard: clusters, deletions, growth."""
    rules = {"\t": " ", "\n": " ", "\r": " ", "\u00a0": " ", "\u3000": " ", "\u2003": " ", "\u200b": " ", "\ufeff": "", "\u00ad": "", "\u0001": "", "\u007f": "",
             "e\u0301": "é", "i\u0308": "ï", "E\u0301": "É", "Ａ": "A", "ｂ": "b", "ｃ": "c", "ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "½": "1⁄2", "①": "1", "ⅷ": "viii",
             "\ufdfa": "صلى الله عليه وسلم", "カ\u3099": "ガ", "ｶﾞ": "ガ", "ｶ": "カ", "\u0345": "ι", "©": "(c)", "𝒜": "A", "𝟘": "0", "\u0600": "", "\ufffd": " "}
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "rules.tsv"
        hexes = lambda text: " ".join(f"{ord(c):X}" for c in text)
        table.write_text("".join(f"{hexes(a)}\t{hexes(b)}\n" for a, b in sorted(rules.items())))
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS), model_writer=model, vocab_size=200, normalization_rule_tsv=str(table),
                                                 minloglevel=2, hard_vocab_limit=False)
    parsed = protobuf.ModelProto()
    parsed.ParseFromString(model.getvalue())
    return N.Precompiled(parsed.normalizer_spec.precompiled_charsmap)


MAP = character_map()
BLANKS = Regex(" {2,}")
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MASK = AddedToken("<mask>", lstrip=True, special=True, normalized=False)


def template(start, end):
    return lambda t: processors.TemplateProcessing(single=f"{start} $A {end}", special_tokens=[(start, t.token_to_id(start)), (end, t.token_to_id(end))])


def roberta(trim, prefix):
    return lambda t: processors.RobertaProcessing(("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>")), trim_offsets=trim, add_prefix_space=prefix)


def make(model, trainer, normalizer, pre, post, added=(), change=lambda data: None):
    t = Tokenizer(model)
    t.normalizer, t.pre_tokenizer = normalizer, pre
    t.train_from_iterator(CORPUS, trainer)
    data = json.loads(t.to_str())
    change(data["model"])
    t = Tokenizer.from_str(json.dumps(data))
    t.post_processor = post(t)
    t.add_tokens(list(added))
    return t


def unigram(normalizer, pre, specials, post, unknown="<unk>", **more):
    trainer = trainers.UnigramTrainer(vocab_size=220, special_tokens=specials, unk_token=unknown, show_progress=False)
    return make(models.Unigram(), trainer, normalizer, pre, post, **more)


def bpe(normalizer, pre, specials, post, alphabet=(), affixes={}, settings={}, **more):
    trainer = trainers.BpeTrainer(vocab_size=310, special_tokens=specials, initial_alphabet=list(alphabet), show_progress=False, **affixes)
    return make(models.BPE(**affixes, **settings), trainer, normalizer, pre, post, **more)


def wordpiece(normalizer, pre, specials, post, **more):
    return make(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=60), trainers.WordPieceTrainer(vocab_size=210, special_tokens=specials, show_progress=False),
                normalizer, pre, post, **more)


def with_bytes(score):
    def change(model):
        for byte in range(256):
            name = f"<0x{byte:02X}>"
            if score is None:
                model["vocab"][name] = len(model["vocab"])
            else:
                model["vocab"].append([name, score])
        model.update(byte_fallback=True, **({"fuse_unk": True} if score is None else {}))
    return change


def older(model):
    model.update(ignore_merges=True, merges=[" ".join(pair) for pair in model["merges"]])


BYTES = P.ByteLevel.alphabet()
TOKENIZERS = {
    "xlm-roberta": lambda: unigram(N.Sequence([MAP, N.Replace(BLANKS, " ")]), P.Sequence([P.WhitespaceSplit(), P.Metaspace()]), ROBERTA, template("<s>", "</s>"), added=[MASK]),
    "camembert": lambda: unigram(MAP, P.Sequence([P.WhitespaceSplit(), P.Metaspace()]), ROBERTA, template("<s>", "</s>"),
                                 added=[AddedToken("<mask>", lstrip=True, normalized=True), AddedToken("Zurich", single_word=True)]),
    "albert": lambda: unigram(N.Sequence([N.Replace("``", '"'), N.Replace("''", '"'), N.NFKD(), N.StripAccents(), N.Lowercase(), MAP, N.Replace(BLANKS, " ")]),
                              P.Sequence([P.WhitespaceSplit(), P.Metaspace()]), BERT, template("[CLS]", "[SEP]"), unknown="[UNK]"),
    "deberta-v3": lambda: unigram(N.Sequence([N.Strip(), MAP, N.Replace(BLANKS, " ")]), P.Sequence([P.Metaspace()]), BERT, template("[CLS]", "[SEP]"), unknown="[UNK]"),
    "deberta-v2-punctuation": lambda: unigram(
        N.Sequence([N.Lowercase(), N.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "), N.NFC(), N.Strip(left=True, right=True)]),
        P.Sequence([P.Punctuation(behavior="isolated"), P.Metaspace(prepend_scheme="first")]), BERT, template("[CLS]", "[SEP]"), unknown="[UNK]",
        added=[AddedToken("[MASK]", lstrip=True, rstrip=True, special=True, normalized=False)]),
    "t5-bytes": lambda: unigram(N.Sequence([N.Nmt(), N.NFKC()]), P.Metaspace(prepend_scheme="first", split=False), ["<pad>", "</s>", "<unk>"],
                                lambda t: processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", t.token_to_id("</s>"))]), change=with_bytes(-12.0)),
    "roberta-prefix": lambda: bpe(None, P.ByteLevel(add_prefix_space=True), ROBERTA, roberta(True, True), BYTES,
                                  added=[MASK, AddedToken("Zurich", single_word=True), AddedToken(" World", rstrip=True)]),
    "roberta-untrimmed": lambda: bpe(None, P.ByteLevel(add_prefix_space=False), ROBERTA, roberta(False, False), BYTES),
    "modernbert": lambda: bpe(N.NFC(), P.ByteLevel(add_prefix_space=False), BERT, template("[CLS]", "[SEP]"), BYTES,
                              added=[AddedToken("[MASK]", lstrip=True, special=True, normalized=False), *(AddedToken(" " * n) for n in range(8, 1, -1))]),
    "bytes-split-first": lambda: bpe(
        N.NFD(), P.Sequence([P.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)]),
        ROBERTA, lambda t: processors.Sequence([processors.ByteLevel(trim_offsets=True), template("<s>", "</s>")(t)]), BYTES, change=older),
    "bytes-missing": lambda: bpe(None, P.ByteLevel(), ROBERTA, roberta(True, True)),
    "byte-fallback": lambda: bpe(N.Replace(" ", "▁"), P.Split("▁", "merged_with_previous"), ROBERTA, template("<s>", "</s>"), settings={"unk_token": "<unk>"}, change=with_bytes(None)),
    "bpe-affixes": lambda: bpe(N.NFKD(), P.WhitespaceSplit(), ROBERTA, template("<s>", "</s>"), affixes={"continuing_subword_prefix": "##", "end_of_word_suffix": "</w>"},
                               settings={"unk_token": "<unk>", "fuse_unk": True}),
    "bpe-unknowns": lambda: bpe(N.NFKC(), P.Whitespace(), ROBERTA, template("<s>", "</s>"), settings={"unk_token": "<unk>"}),
    "mpnet": lambda: wordpiece(N.BertNormalizer(), P.BertPreTokenizer(), ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"], roberta(True, False),
                               added=[MASK, AddedToken("Zurich"), AddedToken("don't", single_word=True)]),
    "distilbert-cased": lambda: wordpiece(N.BertNormalizer(lowercase=False, strip_accents=False), P.BertPreTokenizer(), BERT,
                                          lambda t: processors.BertProcessing(("[SEP]", t.token_to_id("[SEP]")), ("[CLS]", t.token_to_id("[CLS]")))),
    "wordpiece-other-stages": lambda: wordpiece(
        N.Sequence([N.NFD(), N.Lowercase(), N.StripAccents(), N.Prepend(">"), N.Strip(left=False, right=True)]),
        P.Sequence([P.Split(Regex(r"\s+"), "removed"), P.Split("a", "merged_with_next"), P.Punctuation("contiguous")]), BERT, template("[CLS]", "[SEP]")),
}
for name, build in TOKENIZERS.items():
    t = build()
    cases = []
    for text in TEXTS:
        t.no_truncation()
        whole = t.encode(text)
        t.enable_truncation(16)
        cut = {"ids16": t.encode(text).ids} if len(whole.ids) > 16 else {}
        cases.append({"text": text, "ids": whole.ids, **cut, "offsets": whole.offsets})
    t.no_truncation()
    data = json.loads(t.to_str())
    if "Precompiled" in json.dumps(data["normalizer"]):
        assert len(json.dumps(data["normalizer"])) < 20_000
    compact = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    lines = [{"reference": f"tokenizers {__version__}", "tokenizer": data}, *cases]
    (out / f"{name}.jsonl").write_text("".join(compact(line) + "\n" for line in lines))
