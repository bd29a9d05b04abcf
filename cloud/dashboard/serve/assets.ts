import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { dashboardErrors } from '../errors.ts';

export interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The built page, by file name. @throws VergeError DASHBOARD_PAGE_MISSING */
export async function readAssets(folder: string): Promise<ReadonlyMap<string, Asset>> {
  try {
    const assets = new Map<string, Asset>();
    for (const name of await readdir(folder)) {
      const type = TYPES[path.extname(name)];
      if (type === undefined) continue;
      const plain = await readFile(path.join(folder, name));
      const zipped = gzipSync(plain, { level: 9 });
      assets.set(name, { type, plain, zipped, etag: `"${zipped.subarray(-8).toString('hex')}"` }); // checksum and size of the content
    }
    if (!assets.has('index.html')) throw new Error('there is no index.html');
    return assets;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw dashboardErrors.make('DASHBOARD_PAGE_MISSING', `the page is not in ${folder} (${why})`, error);
  }
}
