import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VIEWS } from '../../../../cloud/sink/schema/views.ts';
import { repositoryPath } from '../../../support/paths.ts';

it('docs/sink.md lists every view with the question that it answers', () => {
  const written = readFileSync(repositoryPath('docs/sink.md'), 'utf8');

  const missing = VIEWS.filter(({ name, question }) => !written.includes(`| \`${name}\` | ${question} |`));

  expect(missing).toEqual([]);
});
