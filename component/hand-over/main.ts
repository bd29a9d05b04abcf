import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * The helper in a model component's artifact; it stands beside the folder `bundle`.
 *
 *   node hand-over.mjs offer [--role challenger] [--downgrade allow]   hands the bundle over; ends when it serves
 *   node hand-over.mjs release [--role challenger]                                         the component goes, and perhaps its model
 *
 * Exit codes: 0 done, 1 the runtime cannot be reached or is at fault, 2 the bundle is refused. It imports none of Verge, so
 * that it stays a few kilobytes and needs only Node; component/contract/hand-over.ts has the schemas of what it sends.
 */
const BUNDLE = fileURLToPath(new URL('./bundle', import.meta.url));
/** From this component's work folder to the runtime's (fact I1). */
const SOCKET = process.env.VERGE_HAND_OVER_SOCKET ?? path.join('..', 'verge.Runtime', 'models.sock');
/** The runtime may be starting: a first deployment brings both. Nuclei give a start 120 s (fact G10). */
const REACH_MS = Number(process.env.VERGE_HAND_OVER_REACH_MS ?? 60_000);
const RETRY_MS = 500;
/** Loading and proving a large model on a slow device. */
const ANSWER_MS = 110_000;
const MAX_ANSWER_BYTES = 16 * 1024;

interface Answer {
  readonly status: number;
  readonly body: string;
}

process.exitCode = await main(process.argv.slice(2));

async function main([verb, ...words]: readonly string[]): Promise<number> {
  const options = readOptions(words);
  if (verb === 'release' && options) return release(options);
  if (verb === 'offer' && options) return offer(options);
  return say(
    2,
    `usage: hand-over.mjs offer [--role challenger] [--downgrade allow] | release; this was ${verb} ${words}`,
  );
}

function readOptions(words: readonly string[]): Record<string, string> | undefined {
  const options: Record<string, string> = {};
  for (let index = 0; index < words.length; index += 2) {
    const flag = words[index];
    const value = words[index + 1];
    if ((flag !== '--role' && flag !== '--downgrade') || value === undefined) return undefined;
    options[flag.slice(2)] = value;
  }
  return options;
}

async function offer(options: Record<string, string>): Promise<number> {
  const body = { schemaVersion: 1, folder: BUNDLE, ...options };
  const giveUpAt = Date.now() + REACH_MS;
  for (;;) {
    try {
      return report(await post('/v1/models', body));
    } catch (error) {
      if (Date.now() >= giveUpAt) return say(1, `the runtime is not reached at ${path.resolve(SOCKET)} (${error})`);
      await delay(RETRY_MS);
    }
  }
}

function report({ status, body }: Answer): number {
  const verdict = JSON.parse(body) as { accepted?: boolean; code?: string; message?: string; change?: string };
  if (verdict.accepted) return say(0, `the model serves (${verdict.change})`);
  return say(status === 422 ? 2 : 1, `the model is refused: ${verdict.message} [${verdict.code}]`);
}

/** A runtime that is gone needs no word. */
async function release({ role }: Record<string, string>): Promise<number> {
  const { name } = await readManifest();
  await post('/v1/models/release', { schemaVersion: 1, name, ...(role ? { role } : {}) }).catch(() => undefined);
  return 0;
}

async function readManifest(): Promise<{ readonly name: string }> {
  return JSON.parse(await readFile(path.join(BUNDLE, 'manifest.json'), 'utf8')) as { name: string };
}

function post(to: string, body: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath: SOCKET,
        path: to,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        timeout: ANSWER_MS,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too long'));
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      },
    );
    call.on('timeout', () => call.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

function say(code: number, words: string): number {
  console.log(`verge hand-over: ${words}`);
  return code;
}
