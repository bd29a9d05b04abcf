import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';

const DEBIAN = '/usr/lib/postgresql';

/** Debian's server, the newest, where it is installed (`apt-get install postgresql`). */
const programs = existsSync(DEBIAN)
  ? readdirSync(DEBIAN)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => path.join(DEBIAN, version, 'bin'))
      .find((folder) => existsSync(path.join(folder, 'initdb')))
  : undefined;

/** The server refuses to run as root; then it runs as the user that Debian made for it. */
const runAs = (() => {
  if (process.getuid?.() !== 0) return {};
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' })));
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  } catch {
    return undefined;
  }
})();

export const hasPostgres = programs !== undefined && runAs !== undefined;

/** Words that a skipped suite carries in its title. */
export const postgresNote = hasPostgres ? '' : ' (skipped: PostgreSQL is not installed)';

export interface Postgres {
  /** Process of the server. */
  readonly pid: number;
  /** Address of a database of this name, made if it isn't there. */
  database(name: string): Promise<string>;
  /** Ends it at once, as a crash would; its files stay. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}

/** Starts PostgreSQL on a free port of the loopback. @param folderRoot where its files go */
export async function startPostgres(folderRoot = tmpdir(), settings: readonly string[] = []): Promise<Postgres> {
  const folder = mkdtempSync(path.join(folderRoot, 'verge-postgres-'));
  const { uid, gid } = { uid: undefined, gid: undefined, ...runAs };
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  const data = path.join(folder, 'data');
  const bin = programs ?? '';
  execFileSync(
    path.join(bin, 'initdb'),
    ['-D', data, '-U', 'verge', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'],
    {
      ...runAs,
      cwd: folder,
      stdio: 'pipe',
    },
  );
  const port = await freePort();
  const address = `postgres://verge@127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const words = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', folder];
    child = spawn(path.join(bin, 'postgres'), [...words, ...settings.flatMap((setting) => ['-c', setting])], {
      ...runAs,
      cwd: folder,
      stdio: 'ignore',
    });
    while (!(await answers(address))) {
      if (child.exitCode !== null) throw new Error(`postgres ended with code ${child.exitCode}`);
    }
  }
  async function stop(): Promise<void> {
    const ended = child;
    child = undefined;
    if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => ended.once('exit', () => resolve()));
    ended.kill('SIGCONT');
    ended.kill('SIGQUIT');
    await gone;
  }

  await start();
  return {
    get pid() {
      return child?.pid ?? 0;
    },
    async database(name) {
      const client = new Client({ connectionString: `${address}/postgres` });
      await client.connect();
      try {
        const there = await client.query('select 1 from pg_database where datname = $1', [name]);
        if (there.rowCount === 0) await client.query(`create database "${name}"`);
      } finally {
        await client.end();
      }
      return `${address}/${name}`;
    },
    stop,
    start,
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(address: string): Promise<boolean> {
  const client = new Client({ connectionString: `${address}/postgres` });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
