import { manifestsOf, type RecipeFile, type Step, stepsOf, zipFoldersOf } from '../recipe-file.ts';
import type { Rule } from '../rule.ts';
import { mapOf, textOf } from '../value.ts';

/** `{type:key}` or `{component:type:key}`; `${…}` is the shell's. */
const VARIABLE = /(?<!\$)\{([^{}\s:]+(?::[^{}\s:]+){1,2})\}/g;
const KNOWN = new Set([
  'artifacts:path',
  'artifacts:decompressedPath',
  'kernel:rootPath',
  'iot:thingName',
  'work:path',
]);

interface Used {
  readonly where: string;
  readonly variable: string;
}

function* variablesOf(recipe: RecipeFile): Generator<Used> {
  for (const { path, text } of manifestsOf(recipe).flatMap(stepsOf).flatMap(textsOf)) {
    for (const [, variable = ''] of text.matchAll(VARIABLE)) yield { where: path, variable };
  }
}

function textsOf({ path, script, keys }: Step): { path: string; text: string }[] {
  const others = [...keys]
    .filter(([key]) => key !== 'Script')
    .map(([key, value]) => ({ path: `${path}.${key}`, text: JSON.stringify(value) ?? '' }));
  return script === undefined ? others : [{ path, text: script }, ...others];
}

/** The default of a key of the component's own; texts are the one thing that both nuclei render as it is. */
function defaultAt({ top }: RecipeFile, variable: string): unknown {
  const [, pointer] = /^configuration:\/(.+)$/.exec(variable) ?? [];
  if (pointer === undefined) return undefined;
  const defaults: unknown = mapOf(top.get('ComponentConfiguration')).get('DefaultConfiguration');
  return pointer.split('/').reduce((value, key) => mapOf(value).get(key), defaults);
}

export const VARIABLE_RULES: readonly Rule[] = [
  {
    id: 'configuration-variable',
    facts: 'G6',
    severity: 'error',
    next: 'Read the configuration over IPC (GetConfiguration), or give the key a text as its default',
    *check(recipe) {
      for (const { where, variable } of variablesOf(recipe)) {
        if (!variable.split(':').includes('configuration')) continue;
        if (textOf(defaultAt(recipe, variable)) !== undefined) continue;
        yield {
          where,
          what: `{${variable}} renders numbers as 300.0 and maps as Java text, each nucleus in its own way`,
        };
      }
    },
  },
  {
    id: 'foreign-variable',
    facts: 'L2',
    severity: 'error',
    next: 'Let the other component hand over what it has, at run time',
    *check(recipe) {
      for (const { where, variable } of variablesOf(recipe)) {
        const parts = variable.split(':');
        if (parts.length === 3 && !parts.includes('configuration')) {
          yield { where, what: `{${variable}} names another component, which nucleus lite does not fill in` };
        }
      }
    },
  },
  {
    id: 'unknown-variable',
    facts: 'recipe reference',
    severity: 'error',
    next: `Use one of ${[...KNOWN].map((name) => `{${name}}`).join(', ')}`,
    *check(recipe) {
      for (const { where, variable } of variablesOf(recipe)) {
        const known = KNOWN.has(variable) || variable.split(':').length === 3 || variable.startsWith('configuration:');
        if (!known) yield { where, what: `no nucleus knows {${variable}}` };
      }
    },
  },
  {
    id: 'unpacked-folder',
    facts: 'D4',
    severity: 'error',
    next: 'Use {artifacts:decompressedPath}/<name of the zip without .zip>/, and Unarchive: ZIP on the artifact',
    *check(recipe) {
      for (const manifest of manifestsOf(recipe)) {
        const folders = zipFoldersOf(manifest);
        for (const { path, text } of stepsOf(manifest).flatMap(textsOf)) {
          for (const [, folder = ''] of text.matchAll(/\{artifacts:decompressedPath\}\/?([^\s/"'`;&|)]*)/g)) {
            if (folders.includes(folder)) continue;
            yield {
              where: path,
              what: `no zip of ${manifest.path} is unpacked into "${folder}" (there is ${folders.join(', ') || 'none'})`,
            };
          }
        }
      }
    },
  },
  {
    id: 'artifact-uri',
    facts: 'G2',
    severity: 'error',
    next: 'Upload it to S3 in the region of the component, and write s3://bucket/key',
    *check(recipe) {
      for (const { path, keys } of manifestsOf(recipe).flatMap(({ artifacts }) => artifacts)) {
        const uri = textOf(keys.get('Uri') ?? keys.get('URI'));
        if (uri === undefined) yield { where: `${path}.Uri`, what: 'it is missing' };
        else if (!/^(s3:\/\/[^/\s]+\/[^\s]+|docker:\S+|greengrass:\S+)$/.test(uri))
          yield {
            where: `${path}.Uri`,
            what: `${JSON.stringify(uri.slice(0, 200))} is no place that a device downloads from`,
          };
      }
    },
  },
  {
    id: 'artifact-unarchive',
    facts: 'D4',
    severity: 'error',
    next: 'Write Unarchive: ZIP or Unarchive: NONE',
    *check(recipe) {
      for (const { path, keys } of manifestsOf(recipe).flatMap(({ artifacts }) => artifacts)) {
        const how = keys.get('Unarchive');
        if (how !== undefined && how !== 'ZIP' && how !== 'NONE') {
          yield { where: `${path}.Unarchive`, what: `${JSON.stringify(how)} is neither ZIP nor NONE` };
        }
      }
    },
  },
  {
    id: 'artifact-key',
    facts: 'G2',
    severity: 'warning',
    next: 'Put the version or a digest into the key: changed bytes under one key fail the digest check on the device',
    *check(recipe) {
      const version = textOf(recipe.top.get('ComponentVersion')) ?? '';
      for (const { path, keys } of manifestsOf(recipe).flatMap(({ artifacts }) => artifacts)) {
        const uri = textOf(keys.get('Uri')) ?? '';
        const fixed =
          uri.includes('COMPONENT_VERSION') || /[0-9a-f]{12,}/.test(uri) || (version !== '' && uri.includes(version));
        if (uri.startsWith('s3://') && !fixed)
          yield { where: `${path}.Uri`, what: 'its key names neither the version nor a digest' };
      }
    },
  },
];
