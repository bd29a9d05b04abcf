import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Absolute path of a file or folder of this repository. */
export function repositoryPath(relative: string): string {
  return fileURLToPath(new URL(`../../${relative}`, import.meta.url));
}

/** The trained BERT that is committed for the demo and the tests. */
export const intentsMiniArchive = repositoryPath('test/models/intents-mini/model.tar.gz');

const sharedFolder = repositoryPath('../shared');

/** False where the reference data beside the repository is absent; tests that need it are then skipped. */
export const hasShared = existsSync(sharedFolder);

/** Words that a skipped suite carries in its title, so that a reader of the report knows why. */
export const sharedNote = hasShared ? '' : ' (skipped: reference data ../shared is absent)';

/** Absolute path below the reference data; meaningful only where `hasShared`. */
export function sharedPath(relative: string): string {
  return `${sharedFolder}/${relative}`;
}
