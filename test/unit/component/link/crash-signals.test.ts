import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { makeIpcClient } from '../../../../component/link/greengrass/ipc-client.ts';

/** Of the signals by which a process crashes, those that something in this one catches. */
function caught(): string[] {
  const [, mask = '0'] = /SigCgt:\s+(\w+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const numbers = { SIGILL: 4, SIGABRT: 6, SIGBUS: 7, SIGSEGV: 11 };
  return Object.entries(numbers).flatMap(([name, number]) =>
    (BigInt(`0x${mask}`) >> BigInt(number - 1)) & 1n ? [name] : [],
  );
}

it.skipIf(process.platform !== 'linux')(
  'leaves crashes to the system, where the device SDK would catch them and may wait for ever',
  async () => {
    const before = caught(); // the library is loaded with the module above

    const client = makeIpcClient({ socketPath: '/nowhere/ipc.sock', token: 'none' });
    await client.close().catch(() => undefined);

    expect(before).toContain('SIGABRT');
    expect(caught()).toEqual([]);
  },
);
