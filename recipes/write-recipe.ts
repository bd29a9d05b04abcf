import { stringify } from 'yaml';
import type { Recipe } from './recipe.ts';

/** A recipe as YAML, without anchors, and with quotes around what an older YAML takes for a date. Same recipe, same text. */
export function writeRecipe(recipe: Recipe): string {
  return stringify(recipe, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 });
}
