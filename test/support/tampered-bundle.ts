import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Manifest } from '../../component/contract/manifest.ts';

/** Makes a bundle expect an answer that its model doesn't give, with every digest right. */
export function expectAnotherAnswer(folder: string): void {
  const file = path.join(folder, 'golden.jsonl');
  const [line = '{}', ...rest] = readFileSync(file, 'utf8').split('\n');
  const content = [JSON.stringify({ ...JSON.parse(line), label: 'no-such-label' }), ...rest].join('\n');
  writeFileSync(file, content);
  changeManifest(folder, (manifest) => ({
    ...manifest,
    files: manifest.files.map((entry) => (entry.name === 'golden.jsonl' ? described(entry.name, content) : entry)),
  }));
}

/** Rewrites the manifest of a bundle, and so gives it another digest. */
export function changeManifest(folder: string, change: (manifest: Manifest) => Manifest): void {
  const file = path.join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest; // written by the compiler a moment ago
  writeFileSync(file, JSON.stringify(change(manifest)));
}

/** Changes one byte in the middle of a file. */
export function flipByte(file: string): void {
  const bytes = readFileSync(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
}

function described(name: string, content: string): Manifest['files'][number] {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { name, sizeBytes: Buffer.byteLength(content), sha256 };
}
