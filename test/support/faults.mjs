// Loaded before the runtime (`node --import`): what the disk and the clock of a device may do, as VERGE_FAULTS, a file, says.
// Disk: every write or sync through a file handle takes `writeDelayMs` longer, or fails with `writeError` or `syncError`.
// Clock: `Date` is `clockShiftMs` away from the truth, and no timer is, as after a jump of CLOCK_REALTIME; where a process
// begins so, the origin of its time is, too.
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

const LOOK_MS = 5;
let faults = {};
function look() {
  try {
    faults = JSON.parse(readFileSync(process.env.VERGE_FAULTS, 'utf8'));
  } catch {
    // as before
  }
}
look();
setInterval(look, LOOK_MS).unref();

const handle = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle);
await handle.close();

function failure(code, call) {
  return Object.assign(new Error(`${code}: the test says so, ${call}`), { code, syscall: call });
}

for (const [name, error] of [
  ['write', 'writeError'],
  ['datasync', 'syncError'],
  ['sync', 'syncError'],
]) {
  const real = prototype[name];
  prototype[name] = async function faulty(...given) {
    if (faults.writeDelayMs) await new Promise((resolve) => setTimeout(resolve, faults.writeDelayMs));
    if (faults[error]) throw failure(faults[error], name);
    return real.apply(this, given);
  };
}

const { timeOrigin } = performance;
const originShiftMs = faults.clockShiftMs ?? 0;
Object.defineProperty(performance, 'timeOrigin', { value: timeOrigin + originShiftMs });

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + (faults.clockShiftMs ?? 0));
    else super(...given);
  }

  static now() {
    return RealDate.now() + (faults.clockShiftMs ?? 0);
  }
};
