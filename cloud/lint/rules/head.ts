import semver from 'semver';
import type { Rule } from '../rule.ts';
import { mapOf, shown, textOf } from '../value.ts';

const MAX_RECIPE_BYTES = 16_000;
const MAX_NAME_LENGTH = 128;
const MAX_VERSION_LENGTH = 64;
/** What the GDK fills in (fact N5). */
const PLACEHOLDERS = new Set([
  'COMPONENT_NAME',
  '{COMPONENT_NAME}',
  'COMPONENT_VERSION',
  '{COMPONENT_VERSION}',
  'NEXT_PATCH',
]);

export const HEAD_RULES: readonly Rule[] = [
  {
    id: 'recipe-size',
    facts: 'G3',
    severity: 'error',
    next: 'Move scripts and large configuration into an artifact',
    *check({ sizeBytes }) {
      if (sizeBytes > MAX_RECIPE_BYTES) {
        yield { where: '(file)', what: `the recipe has ${sizeBytes} bytes, over ${MAX_RECIPE_BYTES}` };
      }
    },
  },
  {
    id: 'format-version',
    facts: 'recipe reference',
    severity: 'error',
    next: 'Write RecipeFormatVersion: "2020-01-25"',
    *check({ top }) {
      const found = top.get('RecipeFormatVersion');
      if (found !== '2020-01-25')
        yield { where: 'RecipeFormatVersion', what: found === undefined ? 'it is missing' : `it is ${shown(found)}` };
    },
  },
  {
    id: 'component-name',
    facts: 'G3',
    severity: 'error',
    next: `Use letters, digits, hyphens, underscores and dots, ${MAX_NAME_LENGTH} at most`,
    *check({ top }) {
      const name = textOf(top.get('ComponentName'));
      if (name !== undefined && PLACEHOLDERS.has(name)) return;
      if (name === undefined || !/^[a-zA-Z0-9-_.]+$/.test(name) || name.length > MAX_NAME_LENGTH) {
        yield { where: 'ComponentName', what: `${shown(top.get('ComponentName'))} is no component name` };
      }
    },
  },
  {
    id: 'component-version',
    facts: 'G3',
    severity: 'error',
    next: `Write a semantic version as text, such as "1.0.0", ${MAX_VERSION_LENGTH} characters at most`,
    *check({ top }) {
      const version = textOf(top.get('ComponentVersion'));
      if (version !== undefined && PLACEHOLDERS.has(version)) return;
      if (
        version === undefined ||
        version.length > MAX_VERSION_LENGTH ||
        semver.valid(version) !== version.split('+')[0]
      ) {
        yield { where: 'ComponentVersion', what: `${shown(top.get('ComponentVersion'))} is no version` };
      }
    },
  },
  {
    id: 'component-type',
    facts: 'L1',
    severity: 'error',
    next: 'Make it a generic component (aws.greengrass.generic)',
    *check({ top }) {
      const type = top.get('ComponentType');
      if (type !== undefined && type !== 'aws.greengrass.generic') {
        yield {
          where: 'ComponentType',
          what: `nucleus lite takes generic components only, and this is ${shown(type)}`,
        };
      }
    },
  },
  {
    id: 'dependency',
    facts: 'recipe reference',
    severity: 'error',
    next: 'Give a VersionRequirement such as ">=1.0.0 <2.0.0", and a DependencyType of SOFT or HARD',
    *check({ top }) {
      for (const [name, value] of mapOf(top.get('ComponentDependencies'))) {
        const where = `ComponentDependencies.${name}`;
        const keys = mapOf(value);
        const wanted = textOf(keys.get('VersionRequirement'));
        if (wanted === undefined || semver.validRange(wanted) === null) {
          yield {
            where: `${where}.VersionRequirement`,
            what: `${shown(keys.get('VersionRequirement'))} is no range of versions`,
          };
        }
        const type = keys.get('DependencyType');
        if (type !== undefined && type !== 'SOFT' && type !== 'HARD') {
          yield { where: `${where}.DependencyType`, what: `${shown(type)} is neither SOFT nor HARD` };
        }
      }
    },
  },
];
