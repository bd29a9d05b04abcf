import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { maxSatisfying } from 'semver';
import { parse } from 'yaml';
import * as z from 'zod';
import { type ConfigurationTree, isTree } from '../configuration/configuration-tree.ts';
import { coreErrors } from '../errors.ts';
import type { Personality } from '../personality.ts';

/** Fact G3. */
const MAX_RECIPE_BYTES = 16_000;

const step = z.union([
  z.string(),
  z.looseObject({ Script: z.string(), Setenv: z.record(z.string(), z.coerce.string()).optional() }),
]);
const strings = z.record(z.string(), z.coerce.string());
const recipeSchema = z.looseObject({
  ComponentName: z.string().regex(/^[a-zA-Z0-9._-]{1,128}$/),
  ComponentVersion: z.string().min(1).max(64),
  ComponentConfiguration: z
    .looseObject({ DefaultConfiguration: z.record(z.string(), z.unknown()).default({}) })
    .optional(),
  ComponentDependencies: z
    .record(z.string(), z.looseObject({ VersionRequirement: z.string().default('*') }))
    .default({}),
  Manifests: z.array(
    z.looseObject({
      Platform: z.record(z.string(), z.string()).default({}),
      Lifecycle: z.looseObject({
        Setenv: strings.optional(),
        install: step.optional(),
        startup: step.optional(),
        run: step.optional(),
        shutdown: step.optional(),
      }),
      Artifacts: z
        .array(
          z.looseObject({
            Uri: z.string(),
            Unarchive: z.string().default('NONE'),
            Digest: z.string().optional(),
            Algorithm: z.string().optional(),
          }),
        )
        .default([]),
    }),
  ),
});

export interface Artifact {
  readonly uri: string;
  readonly fileName: string;
  readonly unarchive: boolean;
  /** Base64 SHA-256, which the cloud adds (fact D4); a local recipe has none. */
  readonly digest?: string;
}

/** A recipe as one core runs it: the manifest for this machine, chosen. */
export interface Recipe {
  readonly name: string;
  readonly version: string;
  readonly defaults: ConfigurationTree;
  readonly dependencies: ReadonlyMap<string, string>;
  readonly setenv: Readonly<Record<string, string>>;
  readonly steps: Readonly<Partial<Record<StepName, Step>>>;
  readonly artifacts: readonly Artifact[];
}

export type StepName = 'install' | 'startup' | 'run' | 'shutdown';
export interface Step {
  readonly script: string;
  readonly setenv: Readonly<Record<string, string>>;
}

/** Keys that the Java nucleus reads in any case, as they are spelt here (fact L1). */
const SPELLINGS = new Map(
  [
    'ComponentName',
    'ComponentVersion',
    'ComponentConfiguration',
    'DefaultConfiguration',
    'ComponentDependencies',
    'VersionRequirement',
    'Manifests',
    'Platform',
    'Lifecycle',
    'Artifacts',
    'Uri',
    'Unarchive',
    'Digest',
    'Algorithm',
    'Setenv',
    'Script',
    'install',
    'startup',
    'run',
    'shutdown',
  ].map((key) => [key.toLowerCase(), key]),
);

/** The recipe of a component in a folder, the newest of those that a requirement allows. @throws VergeError CORE_RECIPE_… */
export async function findRecipe(
  folder: string,
  name: string,
  requirement: string,
  personality: Personality,
): Promise<Recipe> {
  const files = (await readdir(folder)).filter((file) => file.startsWith(`${name}-`));
  const versions = files.map((file) => file.slice(name.length + 1).replace(/\.(json|ya?ml)$/, ''));
  const version = versions.includes(requirement) ? requirement : maxSatisfying(versions, requirement);
  const file = version === null ? undefined : files[versions.indexOf(version)];
  if (file === undefined) {
    throw coreErrors.make('CORE_RECIPE_MISSING', `there is no recipe of ${name} ${requirement} in ${folder}`);
  }
  const text = await readFile(path.join(folder, file), 'utf8');
  return readRecipe(text, path.join(folder, file), personality);
}

/** @throws VergeError CORE_RECIPE_INVALID, CORE_RECIPE_PLATFORM */
export function readRecipe(text: string, place: string, personality: Personality): Recipe {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > MAX_RECIPE_BYTES) {
    throw coreErrors.make('CORE_RECIPE_INVALID', `${place} has ${sizeBytes} bytes, over ${MAX_RECIPE_BYTES}`);
  }
  const raw: unknown = parse(text); // JSON is YAML
  const read = recipeSchema.safeParse(personality.recipesInAnyCase ? respell(raw) : raw);
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = issue?.path.join('.') || 'the top';
    throw coreErrors.make('CORE_RECIPE_INVALID', `${place} is wrong at ${where}: ${issue?.message}`);
  }
  const { Manifests, ComponentConfiguration, ComponentDependencies, ...recipe } = read.data;
  const manifest = Manifests.find(({ Platform }) => fits(Platform, personality));
  if (manifest === undefined) {
    const what = `${place} has no manifest for linux on ${architecture()} under nucleus ${personality.name}`;
    throw coreErrors.make('CORE_RECIPE_PLATFORM', what);
  }
  const { Setenv = {}, install, startup, run, shutdown } = manifest.Lifecycle;
  return {
    name: recipe.ComponentName,
    version: recipe.ComponentVersion,
    defaults: ComponentConfiguration?.DefaultConfiguration ?? {},
    dependencies: new Map(
      Object.entries(ComponentDependencies).map(([key, { VersionRequirement }]) => [key, VersionRequirement]),
    ),
    setenv: Setenv,
    steps: {
      ...stepOf('install', install),
      ...stepOf('startup', startup),
      ...stepOf('run', run),
      ...stepOf('shutdown', shutdown),
    },
    artifacts: manifest.Artifacts.map(({ Uri, Unarchive, Digest, Algorithm }) => ({
      uri: Uri,
      ...(Digest !== undefined && Algorithm === 'SHA-256' ? { digest: Digest } : {}),
      fileName: Uri.slice(Uri.lastIndexOf('/') + 1),
      unarchive: Unarchive.toUpperCase() === 'ZIP',
    })),
  };
}

function stepOf(name: StepName, raw: z.infer<typeof step> | undefined): Partial<Record<StepName, Step>> {
  if (raw === undefined) return {};
  return {
    [name]: typeof raw === 'string' ? { script: raw, setenv: {} } : { script: raw.Script, setenv: raw.Setenv ?? {} },
  };
}

/** Fact L1: lite takes no manifest that doesn't name its runtime. */
function fits(platform: Readonly<Record<string, string>>, personality: Personality): boolean {
  const { os = '*', architecture: wanted = '*', runtime } = platform;
  const runtimes = personality.name === 'lite' ? ['*', 'aws_nucleus_lite'] : [undefined, '*', 'aws_nucleus_classic'];
  return ['linux', '*', 'all'].includes(os) && ['*', architecture()].includes(wanted) && runtimes.includes(runtime);
}

/** As platforms name it. */
export function architecture(): string {
  return process.arch === 'arm64' ? 'aarch64' : 'amd64';
}

function respell(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(respell);
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => {
      const spelt = SPELLINGS.get(key.toLowerCase()) ?? key;
      return [spelt, spelt === 'DefaultConfiguration' ? below : respell(below)];
    }),
  );
}
