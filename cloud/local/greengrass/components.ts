import { rcompare } from 'semver';
import { type Collection, openCollection } from '../aws/collection.ts';
import { type AwsPlace, arnOf, restOfArn } from '../aws/place.ts';
import { type CheckedRecipe, checkRecipe, s3ArtifactsOf, withDigests } from './recipe.ts';
import { conflict, invalid, notFound } from './refusals.ts';

export interface ComponentVersion {
  readonly name: string;
  readonly version: string;
  readonly recipe: CheckedRecipe;
  readonly state: 'REQUESTED' | 'DEPLOYABLE' | 'FAILED';
  readonly message: string;
  /** URI of an artifact → what is wrong with it. */
  readonly errors: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly clientToken?: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Where the artifacts of recipes lie. */
export interface Artifacts {
  /** Base64 SHA-256. @throws Error whose message says why it cannot be read */
  digest(uri: string): Promise<string>;
}

export interface NewComponent {
  readonly recipe: Uint8Array;
  readonly tags: Readonly<Record<string, string>>;
  readonly clientToken: string | undefined;
}

/** Component versions, immutable once they are there (fact G2). */
export interface Components {
  create(wanted: NewComponent, now: Date): ComponentVersion;
  /** Newest first. */
  versions(name: string): readonly ComponentVersion[];
  names(): readonly string[];
  find(name: string, version: string): ComponentVersion | undefined;
  /** By the ARN of a version. @throws AwsError ResourceNotFoundException, ValidationException */
  byArn(arn: string): ComponentVersion;
  /** Name in the ARN of a component. @throws AwsError ValidationException */
  nameIn(arn: string): string;
  remove(component: ComponentVersion): void;
  arn(name: string, version?: string): string;
  /** Resolves when every artifact of what was created is looked at. */
  settled(): Promise<void>;
}

/** @param beforeInspection what passes between REQUESTED and the rest; the service takes seconds */
export function openComponents(
  folder: string,
  place: AwsPlace,
  artifacts: Artifacts,
  beforeInspection: () => Promise<void>,
): Components {
  const records: Collection<ComponentVersion> = openCollection(folder);
  const inspections = new Set<Promise<void>>();
  const keyOf = ({ name, version }: Pick<ComponentVersion, 'name' | 'version'>): string => `${name} ${version}`;

  async function inspect(component: ComponentVersion): Promise<void> {
    await beforeInspection();
    const digests = new Map<string, string>();
    const errors: Record<string, string> = {};
    for (const uri of s3ArtifactsOf(component.recipe)) {
      try {
        digests.set(uri, await artifacts.digest(uri));
      } catch (error) {
        errors[uri] = error instanceof Error ? error.message : String(error);
      }
    }
    if (records.get(keyOf(component))?.state !== 'REQUESTED') return; // deleted meanwhile
    const failed = Object.keys(errors).length > 0;
    records.put(keyOf(component), {
      ...component,
      recipe: withDigests(component.recipe, digests),
      state: failed ? 'FAILED' : 'DEPLOYABLE',
      message: failed ? 'One or more artifacts of the component cannot be used' : 'NONE',
      errors,
    });
  }

  function begin(component: ComponentVersion): void {
    const inspection = inspect(component).finally(() => inspections.delete(inspection));
    inspections.add(inspection);
  }

  const components: Components = {
    create({ recipe: bytes, tags, clientToken }, now) {
      const recipe = checkRecipe(bytes);
      const { ComponentName: name, ComponentVersion: version } = recipe;
      if (/^(aws|greengrass)\./i.test(name)) throw invalid(`The component name ${name} is reserved.`);
      const known = records.get(keyOf({ name, version }));
      if (known && clientToken !== undefined && known.clientToken === clientToken) return known;
      if (known) {
        const words = `Component [${name} : ${version}] for account [${place.account}] already exists with state: [${known.state}]`;
        throw conflict(words, 'componentVersion', components.arn(name, version));
      }
      const component: ComponentVersion = {
        name,
        version,
        recipe,
        state: 'REQUESTED',
        message: 'NONE',
        errors: {},
        tags,
        ...(clientToken === undefined ? {} : { clientToken }),
        createdAt: now.toISOString(),
      };
      records.put(keyOf(component), component);
      begin(component);
      return component;
    },
    versions: (name) =>
      records
        .all()
        .filter((component) => component.name === name)
        .toSorted((a, b) => rcompare(a.version, b.version)),
    names: () => [...new Set(records.all().map(({ name }) => name))].toSorted(),
    find: (name, version) => records.get(keyOf({ name, version })),
    byArn(arn) {
      const [, name, version] =
        restOfArn(place, 'greengrass', arn)?.match(/^components:([^:]+):versions:([^:]+)$/) ?? [];
      if (name === undefined || version === undefined) throw invalid(`${arn} is no ARN of a component version here.`);
      const found = records.get(keyOf({ name, version }));
      if (!found) throw notFound('componentVersion', arn);
      return found;
    },
    nameIn(arn) {
      const [, name] = restOfArn(place, 'greengrass', arn)?.match(/^components:([^:]+)$/) ?? [];
      if (name === undefined) throw invalid(`${arn} is no ARN of a component here.`);
      return name;
    },
    remove: (component) => void records.delete(keyOf(component)),
    arn: (name, version) =>
      arnOf(
        place,
        'greengrass',
        version === undefined ? `components:${name}` : `components:${name}:versions:${version}`,
      ),
    settled: async () => {
      await Promise.all(inspections);
    },
  };
  for (const component of records.all()) if (component.state === 'REQUESTED') begin(component);
  return components;
}
