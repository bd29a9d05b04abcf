import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolloutSchemas } from '../cloud/rollout/schemas.ts';
import { contractSchemas } from '../component/contract/schemas.ts';

/** Writes the JSON Schemas of the contract and of rollouts into a folder: the build's last step. Same source, same bytes. */
const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: write-schemas FOLDER');
mkdirSync(folder, { recursive: true });
for (const [name, schema] of [...contractSchemas(), ...rolloutSchemas()]) {
  writeFileSync(path.join(folder, name), `${JSON.stringify(schema, undefined, 2)}\n`);
}
