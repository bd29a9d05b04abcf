import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Debian's broker, where it is installed (`apt-get install mosquitto`). */
export const hasMosquitto = (() => {
  try {
    execFileSync('sh', ['-c', 'command -v mosquitto']);
    return true;
  } catch {
    return false;
  }
})();

/** Words that a skipped suite carries in its title. */
export const mosquittoNote = hasMosquitto ? '' : ' (skipped: mosquitto is not installed)';

export interface Mosquitto {
  readonly url: string;
  /** Kills it; its sessions stay on disk. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}

const AGAIN_MS = 500;

/** Starts Mosquitto on a free port with sessions on disk. @param extra more lines of its configuration */
export async function startMosquitto(extra: readonly string[] = []): Promise<Mosquitto> {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-mosquitto-'));
  const port = await freePort();
  const configuration = path.join(folder, 'mosquitto.conf');
  const user = process.getuid?.() === 0 ? ['user root'] : [];
  const lines = [
    `listener ${port} 127.0.0.1`,
    'persistence true',
    `persistence_location ${folder}/`,
    ...user,
    ...extra,
  ];
  if (!extra.some((line) => line.startsWith('allow_anonymous'))) lines.push('allow_anonymous true');
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    child = spawn('mosquitto', ['-c', configuration], { stdio: 'ignore' });
    while (!(await accepts(port))) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`mosquitto ended with code ${child.exitCode}`);
    }
  }
  async function stop(): Promise<void> {
    const ended = child;
    child = undefined;
    if (ended === undefined || ended.exitCode !== null) return;
    const gone = new Promise<void>((resolve) => ended.once('exit', () => resolve()));
    ended.kill('SIGTERM'); // writes its sessions to disk
    const again = setInterval(() => ended.kill('SIGTERM'), AGAIN_MS); // one that comes while it starts is forgotten
    await gone;
    clearInterval(again);
  }

  await start();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    start,
    stop,
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
