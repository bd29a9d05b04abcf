import { createRequire } from 'node:module';

/** Version of Verge itself, from package.json, two folders above the built file and one above the source. */
export const vergeVersion: string = readVersion();

function readVersion(): string {
  const require = createRequire(import.meta.url);
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const found = require(place) as { name?: string; version?: string }; // our own file
      if (found.name === 'verge' && found.version !== undefined) return found.version;
    } catch {}
  }
  return '0.0.0';
}
