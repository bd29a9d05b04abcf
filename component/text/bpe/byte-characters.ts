/** GPT-2's alphabet: each byte as one printable character, in the order of the bytes. */
const characters = makeAlphabet();
const encoder = new TextEncoder();

/** The UTF-8 bytes of a text, each written as its character. */
export function toByteCharacters(text: string): string {
  let out = '';
  for (const byte of encoder.encode(text)) out += characters[byte] ?? '';
  return out;
}

function makeAlphabet(): readonly string[] {
  let spare = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : spare++);
  });
}
