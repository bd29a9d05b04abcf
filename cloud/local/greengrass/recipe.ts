import { valid, validRange } from 'semver';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { invalid } from './refusals.ts';

/** Fact G3. */
export const MAX_RECIPE_BYTES = 16_000;

const text = z.string().min(1);
const recipeSchema = z.looseObject({
  RecipeFormatVersion: z.literal('2020-01-25'),
  ComponentName: z
    .string()
    .regex(/^[a-zA-Z0-9-_.]+$/)
    .max(128),
  ComponentVersion: z
    .string()
    .max(64)
    .refine((version) => valid(version) === version, 'is no semantic version'),
  ComponentDescription: z.string().optional(),
  ComponentPublisher: z.string().optional(),
  ComponentDependencies: z
    .record(
      text,
      z.looseObject({
        VersionRequirement: text.refine((range) => validRange(range) !== null, 'is no range of versions').optional(),
        DependencyType: z.enum(['HARD', 'SOFT']).optional(),
      }),
    )
    .optional(),
  Manifests: z
    .array(
      z.looseObject({
        Platform: z.record(text, z.string()).optional(),
        Artifacts: z
          .array(
            z.looseObject({
              Uri: z.string().regex(/^(s3:\/\/[^/\s]+\/\S+|docker:\S+|greengrass:\S+)$/),
              Unarchive: z.enum(['NONE', 'ZIP']).optional(),
            }),
          )
          .optional(),
      }),
    )
    .min(1),
});

/** A recipe as the service keeps it. */
export type CheckedRecipe = z.infer<typeof recipeSchema>;

/** Reads a recipe, YAML or JSON, and checks what the service checks at once. @throws AwsError ValidationException */
export function checkRecipe(bytes: Uint8Array): CheckedRecipe {
  if (bytes.length === 0) throw invalid('The recipe is empty.');
  if (bytes.length > MAX_RECIPE_BYTES) {
    throw invalid(`The recipe has ${bytes.length} bytes; the limit is ${MAX_RECIPE_BYTES}.`);
  }
  let value: unknown;
  try {
    value = parse(Buffer.from(bytes).toString('utf8')); // JSON is YAML
  } catch (error) {
    throw invalid(`The recipe cannot be parsed: ${error instanceof Error ? error.message : String(error)}`);
  }
  const read = recipeSchema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalid(`The recipe is invalid at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`);
}

/** Every artifact in S3, once. */
export function s3ArtifactsOf({ Manifests }: CheckedRecipe): readonly string[] {
  const uris = Manifests.flatMap(({ Artifacts = [] }) => Artifacts.map(({ Uri }) => Uri));
  return [...new Set(uris.filter((uri) => uri.startsWith('s3://')))];
}

/** The recipe with the digest of each artifact, as devices get it (fact D4). */
export function withDigests(recipe: CheckedRecipe, digests: ReadonlyMap<string, string>): CheckedRecipe {
  return {
    ...recipe,
    Manifests: recipe.Manifests.map((manifest) => ({
      ...manifest,
      ...(manifest.Artifacts && {
        Artifacts: manifest.Artifacts.map((artifact) => {
          const digest = digests.get(artifact.Uri);
          return digest === undefined ? artifact : { ...artifact, Digest: digest, Algorithm: 'SHA-256' };
        }),
      }),
    })),
  };
}

export function writeRecipe(recipe: CheckedRecipe, format: 'JSON' | 'YAML'): Buffer {
  return Buffer.from(format === 'YAML' ? stringify(recipe) : JSON.stringify(recipe));
}

/** The platforms of a recipe, as lists of components show them. */
export function platformsOf({ Manifests }: CheckedRecipe): { attributes: Record<string, string> }[] {
  return Manifests.map(({ Platform = {} }) => ({ attributes: { ...Platform } }));
}

/** Whether a manifest may be taken on a platform: each of its attributes is `*` or the device's own. */
export function fitsPlatform(recipe: CheckedRecipe, attributes: Readonly<Record<string, string>>): boolean {
  return recipe.Manifests.some(({ Platform = {} }) =>
    Object.entries(Platform).every(
      ([name, wanted]) =>
        wanted === '*' || wanted === 'all' || attributes[name] === undefined || attributes[name] === wanted,
    ),
  );
}
