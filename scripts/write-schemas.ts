import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { rolloutSchemas } from '../cloud/rollout/schemas.ts';
import { asyncApiDocument } from '../component/contract/asyncapi.ts';
import { contractSchemas } from '../component/contract/schemas.ts';

/** Writes the JSON Schemas of the contract and of rollouts, and the AsyncAPI document, into a folder: the build's last step. Same source, same bytes. */
const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: write-schemas FOLDER');
mkdirSync(folder, { recursive: true });
for (const [name, schema] of [...contractSchemas(), ...rolloutSchemas()]) {
  writeFileSync(path.join(folder, name), `${JSON.stringify(schema, undefined, 2)}\n`);
}
const document = stringify(asyncApiDocument(), { aliasDuplicateObjects: false, lineWidth: 120 });
writeFileSync(
  path.join(folder, 'asyncapi.yaml'),
  `# Written by the build from component/contract: change it there.\n${document}`,
);
