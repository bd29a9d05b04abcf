import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface BrokenWire {
  /** Where to connect instead. */
  readonly url: string;
  /** Swallows what goes to the far side from now on. */
  swallow(): void;
  /** Cuts what is connected and takes nothing new. */
  cut(): void;
  mend(): void;
}

/** A TCP wire to a broker that can lose things, ended with the test. */
export async function brokenWire(url: string): Promise<BrokenWire> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let state: 'whole' | 'swallows' | 'cut' = 'whole';
  const server = createServer((near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined); // 'close' follows
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    near.on('data', (bytes) => {
      if (state === 'whole') far.write(bytes);
    });
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    state = 'cut';
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  const address = server.address();
  return {
    url: `mqtt://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    swallow() {
      state = 'swallows';
    },
    cut,
    mend() {
      state = 'whole';
    },
  };
}
