import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { VergeError } from '../../component/contract/error.ts';
import { catalogues } from '../../scripts/errors/catalogues.ts';
import { renderErrors } from '../../scripts/errors/render-errors.ts';
import { repositoryPath } from '../support/paths.ts';

const files = ['cloud', 'component', 'scripts'].flatMap((folder) =>
  readdirSync(repositoryPath(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(repositoryPath('.'), path.join(entry.parentPath, entry.name))),
);
const sources = files.filter((file) => path.basename(file) !== 'errors.ts');
const code = sources.map((file) => readFileSync(repositoryPath(file), 'utf8')).join('\n');
const codes = catalogues.flatMap(({ kinds }) => Object.keys(kinds));
const documented = [...readFileSync(repositoryPath('docs/errors.md'), 'utf8').matchAll(/^\| `(\w+)` \|/gm)].map(
  ([, one]) => one,
);

describe('the errors', () => {
  it('stand in the list of catalogues, all of them', () => {
    const declared = files.filter((file) => readFileSync(repositoryPath(file), 'utf8').includes('defineErrors({'));

    const listed = catalogues.map(({ file }) => file);

    expect(listed.toSorted()).toEqual(declared.toSorted());
  });

  it('have codes that no other catalogue has', () => {
    const twice = codes.filter((one, index) => codes.indexOf(one) !== index);

    expect(twice).toEqual([]);
  });

  it('have codes in capitals that say their stage first', () => {
    const odd = codes.filter((one) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(one));

    expect(odd).toEqual([]);
  });

  it('are documented, and nothing else is', () => {
    const undocumented = codes.filter((one) => !documented.includes(one));
    const gone = documented.filter((one) => !codes.includes(one ?? ''));

    expect({ undocumented, gone }).toEqual({ undocumented: [], gone: [] });
  });

  it('are documented as the code has them (else run `npm run errors`)', () => {
    const written = readFileSync(repositoryPath('docs/errors.md'), 'utf8');

    expect(written).toBe(renderErrors());
  });

  it('are raised somewhere, each', () => {
    const never = codes.filter((one) => !new RegExp(`'${one}'`).test(code));

    expect(never).toEqual([]);
  });

  it('are sentences that end once, with what to do', () => {
    const odd = catalogues.flatMap(({ kinds }) =>
      Object.entries(kinds)
        .map(([one, kind]) => new VergeError(one, kind, 'It is wrong').message)
        .filter((message) => !/^It is wrong\. [A-Za-z].*[^.!?:;, ][.!?]$/.test(message)),
    );

    expect(odd).toEqual([]);
  });
});
