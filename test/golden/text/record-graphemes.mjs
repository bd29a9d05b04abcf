// Grapheme clusters over all code points from U+0080, by the Unicode tables of this Node: those of component/text/unicode.
//
//     node record-graphemes.mjs
// The reference has Unicode 17 here; a Node with another version (process.versions.unicode) would give other tables.
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const clusters = (text) => [...segmenter.segment(text)].length;
const points = Array.from({ length: 0x110000 }, (_, point) => point).filter(
  (p) => p >= 0x80 && (p < 0xd800 || p > 0xdfff),
);

function ranges(values) {
  const found = [];
  for (const value of values) {
    if (found.at(-1)?.[1] === value - 1) found.at(-1)[1] = value;
    else found.push([value, value]);
  }
  return found.map(([a, b]) => (a === b ? a.toString(16) : `${a.toString(16)}-${b.toString(16)}`)).join(' ');
}

const where = (holds) => ranges(points.filter((point) => holds(String.fromCodePoint(point))));
console.log('Unicode', process.versions.unicode);
console.log(
  'JOINS_LEFT',
  where((character) => clusters(`a${character}`) === 1),
);
console.log(
  'PREPENDS',
  where((character) => clusters(`${character}a`) === 1),
);
console.log(
  'CONTROLS',
  where((character) => clusters(`${character}\u0301`) === 2),
);
