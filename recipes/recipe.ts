/** A component recipe as data; keys are spelt as nucleus lite reads them (fact L1). */
export interface Recipe<L extends Lifecycle = Lifecycle> {
  readonly RecipeFormatVersion: '2020-01-25';
  readonly ComponentName: string;
  readonly ComponentVersion: string;
  readonly ComponentType: 'aws.greengrass.generic';
  readonly ComponentDescription: string;
  readonly ComponentPublisher: string;
  readonly ComponentConfiguration?: { readonly DefaultConfiguration: Readonly<Record<string, unknown>> };
  readonly ComponentDependencies?: Readonly<
    Record<string, { readonly VersionRequirement: string; readonly DependencyType: 'SOFT' | 'HARD' }>
  >;
  readonly Manifests: readonly Manifest<L>[];
}

/** A step that stays up. */
export interface RunStep {
  readonly run: string;
}

/** Steps that begin something and end it; the Java nucleus alone knows them both (fact L1). */
export interface StartAndShutdown {
  readonly startup: { readonly Script: string; readonly Timeout: number };
  readonly shutdown: string;
}

export type Lifecycle = RunStep | StartAndShutdown;

export interface Manifest<L extends Lifecycle = Lifecycle> {
  readonly Platform: {
    readonly os: 'linux';
    readonly architecture?: string;
    readonly runtime: '*' | 'aws_nucleus_lite';
  };
  readonly Lifecycle: L;
  readonly Artifacts: readonly { readonly Uri: string; readonly Unarchive: 'ZIP' }[];
}

/** What every recipe of ours starts with. */
export const RECIPE_HEAD = {
  RecipeFormatVersion: '2020-01-25',
  ComponentType: 'aws.greengrass.generic',
  ComponentPublisher: 'Verge',
} as const;

/** Where a zip lands on the device: the nucleus unpacks it into a folder of its name (fact D4). */
export function unpackedFolder(zip: string): string {
  return `{artifacts:decompressedPath}/${zip.replace(/\.zip$/, '')}`;
}
