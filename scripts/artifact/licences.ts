import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type BundledPackage, keyOf } from './packages.ts';

const RULE = '='.repeat(80);

/** Licences whose text is the same for everybody, for packages that ship none. */
const STANDARD_TEXTS: Readonly<Record<string, string>> = {
  MIT: 'scripts/artifact/licences/MIT.txt',
  'Apache-2.0': 'LICENSE',
};

/** Notices of what a package holds in turn, where the package itself leaves them out. */
const FURTHER_NOTICES: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'scripts/artifact/licences/onnxruntime-notices.txt',
};

/** One text with the licence of every package in the artifact. @throws Error where a package's licence has no text */
export async function writeLicences(root: string, packages: readonly BundledPackage[]): Promise<string> {
  const sections = ['Verge holds the following software of others, each under its own licence.'];
  for (const bundled of packages) {
    const head = `${keyOf(bundled)} (${bundled.licence})${bundled.homepage ? `\n${bundled.homepage}` : ''}`;
    sections.push(`${RULE}\n${head}\n${RULE}`, ...(await textsOf(root, bundled)));
  }
  return `${sections.map((section) => section.trim()).join('\n\n')}\n`;
}

async function textsOf(root: string, { name, licence, author, licenceTexts }: BundledPackage): Promise<string[]> {
  const texts = [...licenceTexts];
  if (texts.length === 0) {
    const standard = STANDARD_TEXTS[licence];
    if (standard === undefined) throw new Error(`${name} is under ${licence} and ships no text of it: add one`);
    texts.push(
      `Copyright (c) ${author ?? `the authors of ${name}`}`,
      await readFile(path.join(root, standard), 'utf8'),
    );
  }
  const further = FURTHER_NOTICES[name];
  if (further !== undefined) texts.push(await readFile(path.join(root, further), 'utf8'));
  return texts;
}
