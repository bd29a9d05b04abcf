import { type Collection, openCollection } from '../aws/collection.ts';
import { type AwsPlace, arnOf } from '../aws/place.ts';
import { alreadyExists, notFound } from './refusals.ts';

export interface RoleAlias {
  readonly name: string;
  readonly roleArn: string;
}

/** Names under which devices ask for a role's credentials. */
export interface RoleAliases {
  /** @throws AwsError ResourceAlreadyExistsException */
  create(name: string, roleArn: string): RoleAlias;
  /** @throws AwsError ResourceNotFoundException */
  get(name: string): RoleAlias;
  arn(name: string): string;
}

export function openRoleAliases(folder: string, place: AwsPlace): RoleAliases {
  const aliases: Collection<Omit<RoleAlias, 'name'>> = openCollection(folder);
  const arn = (name: string): string => arnOf(place, 'iot', `rolealias/${name}`);
  return {
    create(name, roleArn) {
      if (aliases.get(name)) throw alreadyExists(name, arn(name));
      aliases.put(name, { roleArn });
      return { name, roleArn };
    },
    get(name) {
      const found = aliases.get(name);
      if (!found) throw notFound(`Role alias ${name} cannot be found.`);
      return { name, ...found };
    },
    arn,
  };
}
