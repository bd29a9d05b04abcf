import type { RecipeFile } from '../recipe-file.ts';
import { manifestsOf, stepsOf } from '../recipe-file.ts';
import type { Problem, Rule } from '../rule.ts';
import { mapOf } from '../value.ts';

/** Keys as nucleus lite spells them (fact L1), by the place that they stand in. */
const TOP = [
  'RecipeFormatVersion',
  'ComponentName',
  'ComponentVersion',
  'ComponentType',
  'ComponentDescription',
  'ComponentPublisher',
  'ComponentSource',
  'ComponentConfiguration',
  'ComponentDependencies',
  'Manifests',
  'Lifecycle',
];
const MANIFEST = ['Name', 'Platform', 'Lifecycle', 'Selections', 'Artifacts'];
const CONFIGURATION = ['DefaultConfiguration'];
const PLATFORM = ['os', 'architecture', 'architecture.detail', 'runtime'];
const STEPS = ['install', 'run', 'startup', 'shutdown', 'recover', 'bootstrap', 'Setenv'];
const STEP = ['Script', 'RequiresPrivilege', 'Setenv', 'Timeout', 'Skipif', 'BootstrapOnRollback'];
const ARTIFACT = ['Uri', 'Unarchive', 'Permission', 'Digest', 'Algorithm'];
const DEPENDENCY = ['VersionRequirement', 'DependencyType'];

interface Place {
  readonly path: string;
  readonly keys: Iterable<string>;
  readonly known: readonly string[];
}

function* placesOf(recipe: RecipeFile): Generator<Place> {
  const { top } = recipe;
  yield { path: '', keys: top.keys(), known: TOP };
  yield {
    path: 'ComponentConfiguration.',
    keys: mapOf(top.get('ComponentConfiguration')).keys(),
    known: CONFIGURATION,
  };
  for (const [name, value] of mapOf(top.get('ComponentDependencies'))) {
    yield { path: `ComponentDependencies.${name}.`, keys: mapOf(value).keys(), known: DEPENDENCY };
  }
  const raw = top.get('Manifests');
  for (const [index, manifest] of manifestsOf(recipe).entries()) {
    const keys = Array.isArray(raw) ? mapOf(raw[index]).keys() : [];
    yield { path: `${manifest.path}.`, keys, known: MANIFEST };
    yield { path: `${manifest.path}.Platform.`, keys: manifest.platform.keys(), known: PLATFORM };
    yield { path: `${manifest.lifecyclePath}.`, keys: manifest.lifecycle.keys(), known: STEPS };
    for (const artifact of manifest.artifacts)
      yield { path: `${artifact.path}.`, keys: artifact.keys.keys(), known: ARTIFACT };
    for (const step of stepsOf(manifest)) yield { path: `${step.path}.`, keys: step.keys.keys(), known: STEP };
  }
}

/** Keys that are not spelt as known, and what they were meant to be, if anything. */
function* misspelt(recipe: RecipeFile): Generator<Problem & { readonly meant: string | undefined }> {
  for (const { path, keys, known } of placesOf(recipe)) {
    for (const key of keys) {
      if (known.includes(key)) continue;
      const meant = known.find((name) => name.toLowerCase() === key.toLowerCase());
      const what = meant === undefined ? 'no nucleus knows this key' : `nucleus lite reads ${meant}, not ${key}`;
      yield { where: path + key, what, meant };
    }
  }
}

export const KEY_RULES: readonly Rule[] = [
  {
    id: 'key-case',
    facts: 'L1',
    severity: 'error',
    next: 'Spell it that way; the Java nucleus reads both',
    *check(recipe) {
      for (const { where, what, meant } of misspelt(recipe)) if (meant !== undefined) yield { where, what };
    },
  },
  {
    id: 'unknown-key',
    facts: 'recipe reference',
    severity: 'warning',
    next: 'Remove it, or mend its name',
    *check(recipe) {
      for (const { where, what, meant } of misspelt(recipe)) {
        // Platforms may carry keys of one's own, which the Java nucleus compares with its overrides.
        if (meant === undefined && !where.includes('.Platform.')) yield { where, what };
      }
    },
  },
];
