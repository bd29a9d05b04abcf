"""Character classes of the reference (Hugging Face `tokenizers`), over all code points: the tables of component/text/unicode.

    python record-unicode.py
Prints the ranges of what `strip_accents` removes and of what the BERT pre-tokeniser takes for punctuation.
"""
from tokenizers import __version__
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
accents = BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
split = BertPreTokenizer()


def ranges(values):
    found = []
    for value in values:
        if found and found[-1][1] == value - 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in found)


print("tokenizers", __version__)
print("NONSPACING_MARKS", ranges(c for c in points if accents.normalize_str(chr(c)) == ""))
print("PUNCTUATION", ranges(c for c in points if [w for w, _ in split.pre_tokenize_str(f"a{chr(c)}b")] == ["a", chr(c), "b"]))
