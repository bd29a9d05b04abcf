/** A component recipe as data; keys are spelt as nucleus lite reads them (fact L1). */
export interface Recipe {
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
  readonly Manifests: readonly Manifest[];
}

export interface Manifest {
  readonly Platform: {
    readonly os: 'linux';
    readonly architecture?: string;
    readonly runtime: '*' | 'aws_nucleus_lite';
  };
  readonly Lifecycle:
    | { readonly run: string }
    | { readonly startup: { readonly Script: string; readonly Timeout: number }; readonly shutdown: string };
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
