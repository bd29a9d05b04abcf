/** A small recipe of anybody's, as text for the cloud. */
export function recipeOf(name: string, version: string, uri?: string, more: object = {}): Uint8Array {
  const artifacts = uri === undefined ? {} : { Artifacts: [{ Uri: uri, Unarchive: 'ZIP' }] };
  return Buffer.from(
    JSON.stringify({
      RecipeFormatVersion: '2020-01-25',
      ComponentName: name,
      ComponentVersion: version,
      ComponentDescription: 'A kiosk',
      ComponentPublisher: 'Example',
      Manifests: [{ Platform: { os: 'linux', runtime: '*' }, Lifecycle: { run: 'exec sleep infinity' }, ...artifacts }],
      ...more,
    }),
  );
}
