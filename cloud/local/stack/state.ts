import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { writeWhole } from '../aws/whole-file.ts';
import { localErrors } from './errors.ts';

const portSchema = z.number().int().min(0).max(65_535);

const stateSchema = z.object({
  schemaVersion: z.literal(1),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  account: z.string().regex(/^\d{12}$/),
  accessKeyId: z.string().min(16),
  secretAccessKey: z.string().min(16),
  /** Who may command the stack, beside AWS's calls. */
  controlToken: z.string().min(16),
  /** What it listened on last, and tries first; 0: any. */
  ports: z.object({ aws: portSchema, broker: portSchema, deviceMqtt: portSchema, deviceHttps: portSchema }),
  devices: z.array(z.object({ thing: z.string().regex(/^[a-zA-Z0-9_-]+$/), nucleus: z.enum(['lite', 'java']) })),
});

/** What of a stack stays the same when it comes up again, so that whoever was pointed at it still is. */
export type StackState = z.output<typeof stateSchema>;

/** An account that is plainly none. */
const ACCOUNT = '000000000000';

/** Of an earlier run, or new. @throws VergeError LOCAL_STATE_UNREADABLE */
export function openState(folder: string, region: string): StackState {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const known = readState(folder);
  if (known) return known;
  const state: StackState = {
    schemaVersion: 1,
    region,
    account: ACCOUNT,
    accessKeyId: `AKIALOCAL${randomBytes(6).toString('hex').slice(0, 11).toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
    controlToken: randomBytes(24).toString('base64url'),
    ports: { aws: 0, broker: 0, deviceMqtt: 0, deviceHttps: 0 },
    devices: [],
  };
  saveState(folder, state);
  return state;
}

export function saveState(folder: string, state: StackState): void {
  writeWhole(fileOf(folder), state);
}

/** Undefined where no stack was ever up. @throws VergeError LOCAL_STATE_UNREADABLE */
export function readState(folder: string): StackState | undefined {
  let text: string;
  try {
    text = readFileSync(fileOf(folder), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unreadable(folder, error);
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function fileOf(folder: string): string {
  return path.join(folder, 'stack.json');
}

function unreadable(folder: string, error: unknown): Error {
  const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return localErrors.make('LOCAL_STATE_UNREADABLE', `${fileOf(folder)} is no state of a stack (${why})`, error);
}
