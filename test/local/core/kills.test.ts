import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf, killRounds } from '../../../scripts/chaos/kill-rounds.ts';
import { type CompiledBundle, compileIntentsMini } from '../../support/compiled-bundle.ts';
import { tempFolder } from '../../support/disk-outbox.ts';
import { repositoryPath } from '../../support/paths.ts';

let bundle: CompiledBundle;

beforeAll(() => {
  bundle = compileIntentsMini();
});
afterAll(() => bundle.remove());

describe.each(['lite', 'java'] as const)(
  'a runtime that is killed under %s, which brings no command twice',
  (nucleus) => {
    it('answers all that it had accepted, and doubles no result, killed 8 times at random moments under load', {
      timeout: 300_000,
    }, async () => {
      const folder = tempFolder();

      const outcome = await killRounds({
        program: repositoryPath('dist/component/main.js'),
        bundle: bundle.folder,
        folder,
        kills: 8,
        seed: 29,
        nucleus,
      });

      expect(faultsOf(outcome)).toEqual([]);
      expect(outcome.textsSent).toBeGreaterThan(500);
      expect(outcome.answeredAgain).toBeGreaterThan(0); // the journal brought some back
    });
  },
);
