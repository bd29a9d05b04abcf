import type { Server } from 'node:http';
import { dashboardErrors } from '../errors.ts';

/** Listens, and answers the port. @throws VergeError DASHBOARD_PORT_TAKEN */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be listened on (${error.message})`;
      reject(dashboardErrors.make('DASHBOARD_PORT_TAKEN', `port ${port} of ${host} ${why}`, error));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
