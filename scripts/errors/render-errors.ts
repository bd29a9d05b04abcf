import { VergeError } from '../../component/contract/error.ts';
import { type CatalogueSection, catalogues } from './catalogues.ts';

const introduction = `# Errors

Every error that Verge raises on purpose has a code that is stable and never reused. A message says what is wrong and where; then
comes what to do, as below. *Yours* are errors of input, configuration or permissions: a sentence, exit code 2. *Ours* are bugs
and broken services: a sentence with its stack, exit code 1. A command that was interrupted exits with 130; one whose
reader has gone (\`verge classify … | head\`) stops at once, says nothing and exits with 141.

Written by \`npm run errors\` out of the catalogues; do not edit.
`;

/** docs/errors.md: one table for each catalogue. Same catalogues, same bytes. */
export function renderErrors(sections: readonly CatalogueSection[] = catalogues): string {
  return `${[introduction, ...sections.map(renderSection)].join('\n')}`;
}

function renderSection({ title, file, kinds }: CatalogueSection): string {
  const rows = Object.entries(kinds).map(([code, kind]) => {
    // The message of an error with nothing to tell is its next step, as a sentence.
    const next = new VergeError(code, kind, '.').message.slice(2);
    return `| \`${code}\` | ${kind.fault === 'user' ? 'yours' : 'ours'} | ${next.replaceAll('|', '\\|')} |`;
  });
  return [`## ${title}`, '', `\`${file}\``, '', '| Code | Fault | What to do |', '|---|---|---|', ...rows, ''].join(
    '\n',
  );
}
