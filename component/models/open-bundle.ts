import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { AnswerRules } from '../classify/classification.ts';
import { BUNDLE_FILES, MANIFEST_SCHEMA_VERSION, type Manifest, manifestSchema } from '../contract/manifest.ts';
import { bundleErrors } from './errors.ts';
import { sha256OfFile } from './hash-file.ts';

/** A bundle on disk whose files are what its manifest says. */
export interface Bundle {
  readonly folder: string;
  readonly manifest: Manifest;
  /** SHA-256 (hex) of manifest.json, which names every other digest: the identity of the bundle. */
  readonly digest: string;
  readonly modelPath: string;
  readonly tokenizerPath: string;
}

/** Ten thousand labels of 256 characters, twice over; a real one has some kilobytes. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;
const MAX_ISSUES = 3;

/**
 * Opens the folder of a bundle and checks every file against its digest.
 * @throws VergeError BUNDLE_…, naming the file and what was expected of it
 */
export async function openBundle(folder: string): Promise<Bundle> {
  const { manifest, digest } = await readManifestOf(folder);
  for (const file of manifest.files) await checkFile(folder, file);
  return {
    folder,
    manifest,
    digest,
    modelPath: path.join(folder, BUNDLE_FILES.model),
    tokenizerPath: path.join(folder, BUNDLE_FILES.tokenizer),
  };
}

/** The manifest alone, checked in itself, with its SHA-256. @throws VergeError BUNDLE_… */
export async function readManifestOf(
  folder: string,
): Promise<{ readonly manifest: Manifest; readonly digest: string }> {
  const bytes = await readManifest(path.join(folder, BUNDLE_FILES.manifest));
  return { manifest: parseManifest(bytes, folder), digest: createHash('sha256').update(bytes).digest('hex') };
}

/** Whether a file is there and as long as the manifest says; cheap, so worth asking before it is read. @throws VergeError BUNDLE_… */
export async function checkSize(folder: string, file: Manifest['files'][number]): Promise<void> {
  const full = path.join(folder, file.name);
  const found = await stat(full).catch(() => undefined);
  if (!found?.isFile()) throw bundleErrors.make('BUNDLE_FILE_MISSING', `${full} is not there`);
  if (found.size === file.sizeBytes) return;
  throw bundleErrors.make(
    'BUNDLE_FILE_SIZE',
    `${full} has ${found.size} bytes, not ${file.sizeBytes} as the manifest says`,
  );
}

/** What the engine takes of a bundle. */
export function engineSettingsOf({ manifest, modelPath, tokenizerPath }: Bundle): {
  readonly modelPath: string;
  readonly tokenizerPath: string;
  readonly rules: AnswerRules;
  readonly maxLength: number;
  readonly padTokenId: number;
  /** Whether texts may share batches, as far as the bundle goes. */
  readonly mixTexts: boolean;
} {
  const { task, problemType, labels, calibration, rejection, maxLength, tokenizer, graph } = manifest;
  return {
    modelPath,
    tokenizerPath,
    rules: { task, problemType, labels, temperature: calibration.temperature, rejection },
    maxLength,
    padTokenId: tokenizer.padTokenId,
    mixTexts: graph.batching !== 'alone',
  };
}

async function readManifest(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size > MAX_MANIFEST_BYTES) {
        throw bundleErrors.make('BUNDLE_MANIFEST_TOO_LARGE', `${file} has ${size} bytes, over ${MAX_MANIFEST_BYTES}`);
      }
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      throw bundleErrors.make('BUNDLE_NOT_FOUND', `${file} cannot be read (${error.message})`, error);
    }
    throw error;
  }
}

function parseManifest(bytes: Buffer, folder: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw bundleErrors.make('BUNDLE_MANIFEST_NOT_JSON', `${folder}: ${BUNDLE_FILES.manifest} is not JSON`, error);
  }
  const version = (value as { schemaVersion?: unknown } | null)?.schemaVersion; // any JSON value; looked at only
  if (typeof version === 'number' && version !== MANIFEST_SCHEMA_VERSION) {
    throw bundleErrors.make(
      'BUNDLE_SCHEMA_UNKNOWN',
      `${folder}: the manifest has schemaVersion ${version}, and this Verge reads ${MANIFEST_SCHEMA_VERSION}`,
    );
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues
      .slice(0, MAX_ISSUES)
      .map(({ path: key, message }) => `${key.join('.')}: ${message}`);
    throw bundleErrors.make('BUNDLE_MANIFEST_INVALID', `${folder}: the manifest is wrong at ${issues.join('; ')}`);
  }
  const manifest = parsed.data;
  const listed = new Set(manifest.files.map((file) => file.name));
  const needed = [BUNDLE_FILES.model, BUNDLE_FILES.tokenizer, BUNDLE_FILES.golden];
  for (const name of needed) {
    if (listed.has(name)) continue;
    throw bundleErrors.make('BUNDLE_MANIFEST_INVALID', `${folder}: the manifest lists no ${name}`);
  }
  return manifest;
}

async function checkFile(folder: string, file: Manifest['files'][number]): Promise<void> {
  await checkSize(folder, file);
  const full = path.join(folder, file.name);
  if ((await sha256OfFile(full)) !== file.sha256) {
    throw bundleErrors.make('BUNDLE_FILE_DIGEST', `${full} does not have the SHA-256 that the manifest gives`);
  }
}

/** Bytes of a small file of the bundle. */
export function readBundleFile(bundle: Bundle, name: keyof typeof BUNDLE_FILES): Promise<Buffer> {
  return readFile(path.join(bundle.folder, BUNDLE_FILES[name]));
}
