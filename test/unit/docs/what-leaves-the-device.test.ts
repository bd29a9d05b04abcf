import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DATA_SCHEMAS } from '../../../component/contract/envelope.ts';
import { settingsSchema } from '../../../component/contract/settings.ts';
import { TELEMETRY_STREAMS } from '../../../component/contract/topics.ts';
import { repositoryPath } from '../../support/paths.ts';

/** What of a JSON Schema says which fields there are. */
interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

const page = readFileSync(repositoryPath('docs/what-leaves-the-device.md'), 'utf8');

/** Paths of all fields that hold no others; lists leave no trace in them. */
function leaves(node: Node, at: string): string[] {
  const kinds = [...(node.anyOf ?? []), ...(node.items ? [node.items] : [])];
  const below = Object.entries(node.properties ?? {}).map(([key, child]) => ({
    path: at === '' ? key : `${at}.${key}`,
    child,
  }));
  const found = [
    ...kinds.filter(isParent).flatMap((kind) => leaves(kind, at)),
    ...below.flatMap(({ path, child }) => leaves(child, path)),
  ];
  return found.length > 0 ? [...new Set(found)] : [at];
}

function isParent({ properties, items, anyOf }: Node): boolean {
  return properties !== undefined || items !== undefined || anyOf !== undefined;
}

/** The chapter of the page that says what a stream holds. */
function chapterOf(stream: string): string {
  return page.split(/^## /m).find((chapter) => chapter.startsWith(`${stream}\n`)) ?? '';
}

/** Names in the first column of a chapter's first table. */
function listed(chapter: string): string[] {
  const table = /^\| field .*\n\|.*\n((?:\|.*\n?)+)/m.exec(chapter)?.[1] ?? '';
  return table
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

describe('the page of what leaves the device', () => {
  it.each(TELEMETRY_STREAMS)('lists the fields of %s: all of them, each once, and no other', (stream) => {
    // The part of the schema that is read here.
    const schema = z.toJSONSchema(DATA_SCHEMAS[stream]) as Node;

    const fields = listed(chapterOf(stream));

    expect(fields.sort()).toEqual(leaves(schema, '').sort());
  });

  it('has no chapter for a stream that is not sent', () => {
    const chapters = [...page.matchAll(/^## (.+)$/gm)].map(([, name]) => name);

    expect(chapters).toEqual([...TELEMETRY_STREAMS]);
  });

  it('names every setting that lets texts out, all of them off by default', () => {
    const keys = Object.keys(settingsSchema.shape).filter((key) => key.startsWith('capture') || key === 'includeText');
    const settings = settingsSchema.parse({ fleet: 'bakeries', thing: 'oven-17' });

    expect(keys).toHaveLength(7);
    for (const key of keys) expect(page).toContain(`\`${key}\``);
    expect(settings).toMatchObject({
      includeText: false,
      captureBelowScore: 0,
      captureShare: 0,
      captureDisagreement: false,
    });
  });

  it('is found from the README', () => {
    expect(readFileSync(repositoryPath('README.md'), 'utf8')).toContain('docs/what-leaves-the-device.md');
  });
});
