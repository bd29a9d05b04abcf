import { lintRecipe, RULES } from '../lint/lint-recipe.ts';
import { readRecipe } from '../lint/read-recipe.ts';
import type { Finding } from '../lint/rule.ts';
import type { Command } from './command.ts';
import { renderTable } from './table.ts';

const EXIT_ERRORS = 2;

export const lintCommand: Command = {
  name: 'lint',
  summary: 'Say what of a component recipe breaks on either Greengrass nucleus',
  arguments: [{ name: 'recipes', description: 'recipe files, YAML or JSON', variadic: true }],
  options: [],
  examples: ['verge lint recipes/verge.Runtime.yaml', 'verge lint recipe.yaml other/recipe.json --json'],
  async run({ arguments: files, json, stdout }) {
    const named = files.filter((file) => file !== undefined);
    const recipes = await Promise.all(named.map(async (file) => ({ file, recipe: await readRecipe(file) })));
    const findings = recipes.flatMap(({ file, recipe }) => lintRecipe(recipe, file));
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    stdout.write(
      json
        ? `${JSON.stringify({ findings, errors, warnings: findings.length - errors })}\n`
        : describe(named, findings, errors),
    );
    return errors > 0 ? EXIT_ERRORS : 0;
  },
};

function describe(files: readonly string[], findings: readonly Finding[], errors: number): string {
  if (findings.length === 0) return `${files.join(', ')}: ${RULES.length} rules, nothing broken.\n`;
  const rows = findings.map(({ file, rule, severity, where, what }) => [
    severity,
    rule,
    files.length > 1 ? `${file}: ${where}` : where,
    what,
  ]);
  const todo = new Map(findings.map(({ rule, facts, next }) => [rule, `  ${rule} (${facts}): ${next}.`]));
  return [
    renderTable(['', 'rule', 'where', 'what'], rows),
    'What to do:',
    ...todo.values(),
    `${errors} errors, ${findings.length - errors} warnings.`,
    '',
  ].join('\n');
}
