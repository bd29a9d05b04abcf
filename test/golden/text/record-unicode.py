"""Character classes of the reference (Hugging Face `tokenizers`), over all code points: the tables of component/text/unicode.

    python record-unicode.py
Prints the ranges of what `strip_accents` removes, of what the BERT pre-tokeniser takes for punctuation, of the pattern engines'
letters, numbers and word characters, of what its normalisers decompose, and of the combining classes that they know.
"""
import unicodedata
from tokenizers import Regex, __version__
from tokenizers.normalizers import NFD, NFKD, BertNormalizer, Replace, StripAccents
from tokenizers.pre_tokenizers import BertPreTokenizer, Whitespace

points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
accents = BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
split, words = BertPreTokenizer(), Whitespace()
everything = "".join(map(chr, points))


def ranges(values):
    found = []
    for value in values:
        if found and found[-1][1] == value - 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in found)


def removed(normalizer):
    left = set(normalizer.normalize_str(everything))
    return ranges(c for c in points if chr(c) not in left)


def combining_classes():
    """Python knows the classes, the reference fewer of them: it knows one where it puts U+0334 (1) or U+0345 (240) in order."""
    order = NFD().normalize_str
    classes = {}
    for c in points:
        mark = chr(c)
        if len(unicodedata.normalize("NFD", mark)) > 1:
            continue
        known = order("a\u0345" + mark) == "a" + mark + "\u0345" or order("a" + mark + "\u0334") == "a\u0334" + mark
        if known or c in (0x334, 0x345):
            classes.setdefault(unicodedata.combining(mark), []).append(c)
    return " | ".join(f"{value}: {ranges(marks)}" for value, marks in sorted(classes.items()))


print("tokenizers", __version__)
print("NONSPACING_MARKS", ranges(c for c in points if accents.normalize_str(chr(c)) == ""))
print("PUNCTUATION", ranges(c for c in points if [w for w, _ in split.pre_tokenize_str(f"a{chr(c)}b")] == ["a", chr(c), "b"]))
print("LETTERS", removed(Replace(Regex(r"\p{L}"), "")))
print("NUMBERS", removed(Replace(Regex(r"\p{N}"), "")))
print("WORD_CHARACTERS", ranges(c for c in points if len(words.pre_tokenize_str(f"a{chr(c)}b")) == 1))
print("DECOMPOSING", ranges(c for c in points if NFKD().normalize_str(chr(c)) != chr(c)))
print("COMBINING_CLASSES", combining_classes())
print("COMBINING_MARKS", removed(StripAccents()))
