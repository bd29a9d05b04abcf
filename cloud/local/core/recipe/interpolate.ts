import type { ConfigurationTree } from '../configuration/configuration-tree.ts';
import { readPointer, valueAt } from '../configuration/configuration-tree.ts';
import type { PersonalityName } from '../personality.ts';

/** What recipe variables stand for. */
export interface RecipeVariables {
  readonly root: string;
  readonly thing: string;
  readonly artifacts: string;
  readonly decompressed: string;
  readonly work: string;
  readonly configuration: ConfigurationTree;
  readonly personality: PersonalityName;
}

/** A script with its `{namespace:key}` filled in; what isn't known stays as it is, other components' artifacts included (fact L2). */
export function interpolate(script: string, variables: RecipeVariables): string {
  return script.replaceAll(/\{([a-z]+):([^{}]*)\}/g, (whole, namespace: string, key: string) => {
    switch (`${namespace}:${namespace === 'configuration' ? '' : key}`) {
      case 'artifacts:path':
        return variables.artifacts;
      case 'artifacts:decompressedPath':
        return variables.decompressed;
      case 'kernel:rootPath':
        return variables.root;
      case 'work:path':
        return variables.work;
      case 'iot:thingName':
        return variables.thing;
      case 'configuration:': {
        const value = valueAt(variables.configuration, readPointer(key));
        return value === undefined ? whole : render(value, variables.personality);
      }
      default:
        return whole;
    }
  });
}

/** Fact G6: numbers don't come out as they went in, and maps are unreliable, which is why nothing should be read this way. */
function render(value: unknown, personality: PersonalityName): string {
  if (typeof value === 'number' && personality === 'java') return Number.isInteger(value) ? `${value}.0` : `${value}`;
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}` : value.toFixed(17);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
