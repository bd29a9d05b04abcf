import type { RecipeFile } from './recipe-file.ts';
import type { Finding, Rule } from './rule.ts';
import { CONFIGURATION_RULES } from './rules/configuration.ts';
import { HEAD_RULES } from './rules/head.ts';
import { KEY_RULES } from './rules/keys.ts';
import { LIFECYCLE_RULES } from './rules/lifecycle.ts';
import { VARIABLE_RULES } from './rules/variables.ts';

/** Every rule, in the order of a recipe's own parts. */
export const RULES: readonly Rule[] = [
  ...HEAD_RULES,
  ...KEY_RULES,
  ...CONFIGURATION_RULES,
  ...LIFECYCLE_RULES,
  ...VARIABLE_RULES,
];

/** What of a recipe breaks on either nucleus, or in the cloud; empty where nothing does. */
export function lintRecipe(recipe: RecipeFile, file: string): readonly Finding[] {
  return RULES.flatMap(({ id, facts, severity, next, check }) =>
    [...check(recipe)].map(({ where, what }) => ({ file, rule: id, facts, severity, where, what, next })),
  );
}
