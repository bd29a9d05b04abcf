import { writeFileSync } from 'node:fs';
import { renderErrors } from './errors/render-errors.ts';

/** Writes docs/errors.md; run it with `npm run errors` when a catalogue has changed. */
const file = process.argv[2];
if (file === undefined) throw new Error('usage: write-errors FILE');
writeFileSync(file, renderErrors());
