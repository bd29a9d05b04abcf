import { createHash } from 'node:crypto';
import * as CDX from '@cyclonedx/cyclonedx-library';
import { type BundledPackage, keyOf } from './packages.ts';

/** What one zip holds, for its bill of materials. */
export interface Contents {
  /** Name of the zip without `.zip`. */
  readonly name: string;
  readonly version: string;
  readonly packages: readonly BundledPackage[];
  /** Native libraries: path in the zip, bytes, and the package that they come from. */
  readonly natives: readonly { readonly path: string; readonly bytes: Uint8Array; readonly of: BundledPackage }[];
}

/** CycloneDX 1.6 as JSON: what is really inside, by the bundler's account. No serial number and no time: same contents, same bytes. */
export function writeSbom({ name, version, packages, natives }: Contents): string {
  const main = new CDX.Models.Component(CDX.Enums.ComponentType.Application, name, {
    version,
    bomRef: `${name}@${version}`,
    licenses: new CDX.Models.LicenseRepository([new CDX.Models.SpdxLicense('Apache-2.0')]),
  });
  const bom = new CDX.Models.Bom({ metadata: new CDX.Models.Metadata({ component: main }) });
  const components = new Map(packages.map((bundled) => [keyOf(bundled), libraryOf(bundled)]));
  for (const bundled of packages) {
    const component = components.get(keyOf(bundled));
    if (component === undefined) continue;
    bom.components.add(component);
    main.dependencies.add(component.bomRef);
    for (const other of packages) {
      const found = components.get(keyOf(other));
      if (found && bundled.dependencies.includes(other.name)) component.dependencies.add(found.bomRef);
    }
  }
  for (const { path, bytes, of } of natives) {
    const digest = createHash('sha256').update(bytes).digest('hex');
    const file = new CDX.Models.Component(CDX.Enums.ComponentType.File, path, {
      version: of.version,
      bomRef: `file:${path}`,
      hashes: new CDX.Models.HashDictionary([[CDX.Enums.HashAlgorithm['SHA-256'], digest]]),
      licenses: licencesOf(of),
    });
    bom.components.add(file);
    components.get(keyOf(of))?.dependencies.add(file.bomRef);
  }
  const normalizer = new CDX.Serialize.JSON.Normalize.Factory(CDX.Spec.Spec1dot6);
  const text = new CDX.Serialize.JsonSerializer(normalizer).serialize(bom, { sortLists: true, space: 1 });
  return `${text}\n`;
}

function libraryOf(bundled: BundledPackage): CDX.Models.Component {
  const [scope, name] = bundled.name.startsWith('@') ? bundled.name.split('/') : [undefined, bundled.name];
  const path = scope === undefined ? bundled.name : `${encodeURIComponent(scope)}/${name}`;
  return new CDX.Models.Component(CDX.Enums.ComponentType.Library, name ?? bundled.name, {
    ...(scope === undefined ? {} : { group: scope }),
    version: bundled.version,
    bomRef: keyOf(bundled),
    licenses: licencesOf(bundled),
    purl: `pkg:npm/${path}@${bundled.version}`,
  });
}

function licencesOf({ licence }: BundledPackage): CDX.Models.LicenseRepository {
  const known = CDX.SPDX.fixupSpdxId(licence);
  const made = known === undefined ? new CDX.Models.LicenseExpression(licence) : new CDX.Models.SpdxLicense(known);
  return new CDX.Models.LicenseRepository([made]);
}
