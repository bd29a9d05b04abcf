import { listOf, mapOf, textOf } from './value.ts';

/** A recipe that could be read. */
export interface RecipeFile {
  readonly sizeBytes: number;
  readonly top: ReadonlyMap<string, unknown>;
}

export interface ManifestView {
  readonly path: string;
  readonly platform: ReadonlyMap<string, unknown>;
  readonly artifacts: readonly { readonly path: string; readonly keys: ReadonlyMap<string, unknown> }[];
  /** Its own lifecycle, or the global one's part that nucleus lite takes. */
  readonly lifecycle: ReadonlyMap<string, unknown>;
  readonly lifecyclePath: string;
}

/** One step of a lifecycle: `run: script`, or `run: {Script: script, …}`. */
export interface Step {
  readonly path: string;
  readonly name: string;
  readonly script: string | undefined;
  readonly keys: ReadonlyMap<string, unknown>;
}

/** What stands in a lifecycle beside its steps. */
const NO_STEPS = new Set(['setenv']);

export function manifestsOf({ top }: RecipeFile): readonly ManifestView[] {
  const global = mapOf(top.get('Lifecycle'));
  return listOf(top.get('Manifests')).map((manifest, index) => {
    const keys = mapOf(manifest);
    const own = mapOf(keys.get('Lifecycle'));
    const selections = listOf(keys.get('Selections')).filter((name) => name === 'all' || name === 'linux');
    const selected = String(selections.at(-1) ?? 'all');
    const path = `Manifests[${index}]`;
    return {
      path,
      platform: mapOf(keys.get('Platform')),
      artifacts: listOf(keys.get('Artifacts')).map((artifact, at) => ({
        path: `${path}.Artifacts[${at}]`,
        keys: mapOf(artifact),
      })),
      lifecycle: own.size > 0 ? own : mapOf(global.get(selected)),
      lifecyclePath: own.size > 0 ? `${path}.Lifecycle` : `Lifecycle.${selected}`,
    };
  });
}

export function stepsOf({ lifecycle, lifecyclePath }: ManifestView): readonly Step[] {
  return [...lifecycle]
    .filter(([name]) => !NO_STEPS.has(name.toLowerCase()))
    .map(([name, value]) => {
      const keys = mapOf(value);
      return { path: `${lifecyclePath}.${name}`, name, keys, script: textOf(value) ?? textOf(keys.get('Script')) };
    });
}

/** Whether a manifest may be taken on Linux. */
export function isForLinux({ platform }: ManifestView): boolean {
  const os = platform.get('os');
  return os === undefined || os === 'linux' || os === '*' || os === 'all';
}

/** Those that nucleus lite may come to: it takes the first that fits, so one for lite on any architecture ends the search. */
export function manifestsForLite(recipe: RecipeFile): readonly ManifestView[] {
  const linux = manifestsOf(recipe).filter(isForLinux);
  const last = linux.findIndex(
    ({ platform }) => platform.get('runtime') === 'aws_nucleus_lite' && platform.get('architecture') === undefined,
  );
  return last < 0 ? linux : linux.slice(0, last + 1);
}

/** The zips' folders below `{artifacts:decompressedPath}` (fact D4). */
export function zipFoldersOf({ artifacts }: ManifestView): readonly string[] {
  return artifacts
    .filter(({ keys }) => keys.get('Unarchive') === 'ZIP')
    .map(({ keys }) => (textOf(keys.get('Uri')) ?? '').replace(/^.*\//, '').replace(/\.zip$/, ''));
}
