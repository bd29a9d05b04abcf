import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { IpcClient } from '../../../../component/link/greengrass/ipc-client.ts';
import { Connection } from '../../../../component/link/greengrass/ipc-session.ts';

/** As the SDK says it of a call that was not begun, since the connection under it is closed. */
const REFUSED = Object.assign(new Error('Operation stream activation failure'), {
  internalError: new Error('… libaws-c-event-stream: AWS_ERROR_EVENT_STREAM_RPC_CONNECTION_CLOSED, …'),
});

it('ends a connection at the first call that finds it closed, though the SDK has not told of its end', async () => {
  const client = Object.assign(new EventEmitter(), { close: async () => undefined }) as unknown as IpcClient; // the part that is used
  const connection = new Connection(client);

  const call = connection.call('publish', () => Promise.reject(REFUSED));

  await expect(call).rejects.toMatchObject({ code: 'LINK_DOWN' });
  expect(connection.isLost).toBe(true);
  await expect(connection.call('publish', () => Promise.resolve())).rejects.toMatchObject({ code: 'LINK_DOWN' });
});
