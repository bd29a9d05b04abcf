import { createServer } from 'node:net';

/** The port of last time, so that whoever was pointed there still is; 0, for any, where somebody has it now. */
export async function knownPort(port: number, host: string, log: (text: string) => void): Promise<number> {
  if (port === 0) return 0;
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => resolve(true));
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (!free) log(`Port ${port} is in use by now: another one is taken`);
  return free ? port : 0;
}
