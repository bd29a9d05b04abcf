import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryPath } from '../support/paths.ts';

/**
 * Rooms of the house and the rooms that each may import. A file belongs to the longest room that its path starts with;
 * a room may always import itself. An arrow that is not listed here is a mistake, or a decision to be written down.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'component/contract': [],
  // What several rooms ask of the disk.
  'component/disk': [],
  'component/text': ['component/contract'],
  'component/models': ['component/contract', 'component/disk', 'component/text', 'component/classify'],
  'component/classify': ['component/contract', 'component/text', 'component/models'],
  'component/config': ['component/contract'],
  'component/link': ['component/contract'],
  'component/outbox': ['component/contract', 'component/disk', 'component/link'],
  'component/sources': ['component/contract', 'component/link', 'component/classify', 'component/outbox'],
  'component/monitor': ['component/contract', 'component/link', 'component/outbox', 'component/classify'],
  'component/lifecycle': [
    'component/version.ts',
    'component/contract',
    'component/config',
    'component/link',
    'component/outbox',
    'component/sources',
    'component/monitor',
    'component/classify',
    'component/models',
  ],
  'component/hand-over': [],
  'component/version.ts': [],
  'component/start.ts': ['component/lifecycle', 'component/main.ts'],
  'component/main.ts': ['component'],
  recipes: ['component/contract'],
  'cloud/aws': ['component/contract'],
  'cloud/source': ['component/contract', 'cloud/aws'],
  'cloud/dataset': ['component/contract'],
  'cloud/checkpoint': ['component/contract', 'component/text'],
  'cloud/compile/graph': ['component/contract'],
  'cloud/compile/passes': ['component/contract', 'cloud/compile/graph'],
  'cloud/compile/passes/import': [
    'component/contract',
    'cloud/compile/graph',
    'cloud/compile/passes',
    'cloud/compile/encode',
    'cloud/checkpoint',
  ],
  'cloud/compile/encode': ['component/contract', 'cloud/compile/graph'],
  'cloud/compile/families': ['component/contract', 'cloud/compile/graph', 'cloud/checkpoint'],
  // Golden samples hold what the device's own rules make of logits.
  'cloud/compile/quantise': [
    'component/contract',
    'component/classify',
    'cloud/compile/graph',
    'cloud/compile/passes',
    'cloud/compile/encode',
    'cloud/checkpoint',
    'cloud/dataset',
  ],
  'cloud/compile': ['component/contract', 'component/text', 'cloud/compile', 'cloud/checkpoint', 'cloud/dataset'],
  'cloud/bundle': ['component/contract', 'component/text', 'cloud/compile', 'cloud/checkpoint'],
  'cloud/evaluate': ['component/contract', 'component/classify', 'component/models', 'cloud/dataset'],
  'cloud/sign': ['component/contract', 'component/models'],
  'cloud/consumer': ['component/contract', 'component/link'],
  // Sees only what the consumer hands over; what the page and its server say to each other stands in `wire`.
  'cloud/dashboard/wire': ['component/contract'],
  'cloud/dashboard/page': ['cloud/dashboard/wire'],
  'cloud/dashboard': [
    'component/contract',
    'cloud/consumer',
    'cloud/rollout/state.ts',
    'cloud/rollout/ports.ts',
    'cloud/rollout/plan',
  ],
  'cloud/sink': ['component/contract', 'component/disk', 'cloud/consumer'],
  'cloud/batch': [
    'component/contract',
    'component/disk',
    'component/classify',
    'cloud/dataset',
    'cloud/aws',
    'cloud/source',
  ],
  'cloud/lint': ['component/contract', 'recipes'],
  'cloud/publish': ['component/contract', 'component/models', 'recipes', 'cloud/aws'],
  'cloud/rollout': ['component/contract', 'recipes', 'cloud/aws', 'cloud/consumer'],
  'cloud/processing': ['component/contract', 'cloud/aws', 'cloud/source'],
  'cloud/doctor': ['component/contract', 'cloud/aws'],
  'cloud/local': ['component/contract', 'component/link/topic-filter.ts', 'recipes'],
  'cloud/demo': [
    'component/contract',
    'component/link',
    'cloud/consumer',
    'cloud/dataset',
    'cloud/local',
    'cloud/rollout',
  ],
  'cloud/commands': [
    'cloud',
    'component/contract',
    'component/text',
    'component/classify',
    'component/models',
    'component/link',
    'component/version.ts',
    'recipes',
  ],
  'cloud/main.ts': ['cloud', 'component/version.ts'],
  // Benches and chaos start the same servers as the tests.
  scripts: ['scripts', 'cloud', 'component', 'recipes', 'test/support'],
};

/** Only a stage's value type may be taken by the stage behind it without a room of its own in the list above. */
const SOURCE_FOLDERS = ['component', 'recipes', 'cloud', 'scripts'];

interface Arrow {
  readonly from: string;
  readonly to: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(repositoryPath(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(repositoryPath('.'), path.join(entry.parentPath, entry.name)));
}

function arrowsOf(file: string): Arrow[] {
  const source = readFileSync(repositoryPath(file), 'utf8');
  const found = source.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, target = '']) => ({ from: file, to: path.join(path.dirname(file), target) }));
}

function isBelow(file: string, room: string): boolean {
  return file === room || file.startsWith(`${room}/`);
}

function roomOf(file: string): string | undefined {
  const rooms = Object.keys(ALLOWED).filter((room) => isBelow(file, room));
  return rooms.sort((a, b) => b.length - a.length)[0];
}

function isAllowed({ from, to }: Arrow): boolean {
  const room = roomOf(from);
  if (room === undefined) return false;
  return isBelow(to, room) || (ALLOWED[room] ?? []).some((allowed) => isBelow(to, allowed));
}

describe('the import graph', () => {
  const files = SOURCE_FOLDERS.flatMap(sourceFiles);
  const arrows = files.flatMap(arrowsOf);

  it('sees the files and arrows of the whole tree', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(arrows.length).toBeGreaterThan(40);
  });

  it('gives every file a room', () => {
    const homeless = files.filter((file) => roomOf(file) === undefined);

    expect(homeless).toEqual([]);
  });

  it('has no arrow that points the wrong way', () => {
    const wrong = arrows.filter((arrow) => !isAllowed(arrow)).map(({ from, to }) => `${from} → ${to}`);

    expect(wrong).toEqual([]);
  });

  it('never lets the device half import the cloud half', () => {
    const wrong = arrows.filter(({ from, to }) => isBelow(from, 'component') && !isBelow(to, 'component'));

    expect(wrong).toEqual([]);
  });

  it('has one room that makes clients of AWS', () => {
    const makers = files.filter((file) => /new \w+Client\(/.test(readFileSync(repositoryPath(file), 'utf8')));

    expect(makers).toEqual(['cloud/aws/clients.ts']);
  });

  it('takes zod as a namespace everywhere, since one other import would bring all of it into what a device starts', () => {
    const whole = files.filter((file) =>
      /import (?:type )?\{[^}]*\} from 'zod'/.test(readFileSync(repositoryPath(file), 'utf8')),
    );

    expect(whole).toEqual([]);
  });

  it('would see an arrow that points the wrong way', () => {
    expect(isAllowed({ from: 'component/text/x.ts', to: 'cloud/bundle/y.ts' })).toBe(false);
    expect(isAllowed({ from: 'component/text/x.ts', to: 'component/link/y.ts' })).toBe(false);
    expect(isAllowed({ from: 'cloud/compile/graph/x.ts', to: 'cloud/compile/passes/y.ts' })).toBe(false);
  });
});
