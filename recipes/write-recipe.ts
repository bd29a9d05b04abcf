import { stringify } from 'yaml';
import type { Recipe } from './recipe.ts';

/** A recipe as YAML, without anchors, which the nuclei's readers need not know. Same recipe, same text. */
export function writeRecipe(recipe: Recipe): string {
  return stringify(recipe, { aliasDuplicateObjects: false, lineWidth: 0 });
}
