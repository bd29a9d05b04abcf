import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Targets } from './targets.ts';

/** What a core remembers of the cloud's deployments, so that it runs the same after a restart. */
export interface MembershipState {
  readonly targets: Targets;
  /** Dependencies first. */
  readonly running: readonly { readonly name: string; readonly version: string }[];
}

const NOTHING: MembershipState = { targets: {}, running: [] };

const fileIn = (root: string): string => path.join(root, 'config', 'deployments.json');

export async function readState(root: string): Promise<MembershipState> {
  const text = await readFile(fileIn(root), 'utf8').catch(() => undefined); // the first start
  return text === undefined ? NOTHING : (JSON.parse(text) as MembershipState); // written below
}

export async function writeState(root: string, state: MembershipState): Promise<void> {
  const file = fileIn(root);
  await writeFile(`${file}.new`, JSON.stringify(state, null, 2));
  await rename(`${file}.new`, file);
}
