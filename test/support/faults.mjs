// Loaded before the runtime (`node --import`): what the disk and the clock of a device may do, as VERGE_FAULTS, a file, says.
// Disk: every write or sync through a file handle takes `writeDelayMs` longer, or fails with `writeError` or `syncError`; the
// `holdDatasync`-th datasync of the process (1 is the first) and those behind it never end.
// Clock: `Date` is `clockShiftMs` away from the truth, and no timer is, as after a jump of CLOCK_REALTIME; where a process
// begins so, the origin of its time is, too.
// What it does is written beside the file, as `.seen`, so that the test knows.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isMainThread } from 'node:worker_threads';

const LOOK_MS = 5;
let faults = {};
let seen;
function look() {
  const file = process.env.VERGE_FAULTS;
  const text = readFileSync(file, 'utf8');
  if (text === seen) return;
  faults = JSON.parse(text);
  seen = text;
  if (!isMainThread) return;
  writeFileSync(`${file}.seen.new`, text);
  renameSync(`${file}.seen.new`, `${file}.seen`);
}
look();
setInterval(look, LOOK_MS).unref();

const handle = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle);
await handle.close();

function failure(code, call) {
  return Object.assign(new Error(`${code}: the test says so, ${call}`), { code, syscall: call });
}

let datasyncs = 0;
function held() {
  return new Promise(() => setInterval(() => undefined, 1000)); // nor does the process end
}

for (const [name, error] of [
  ['write', 'writeError'],
  ['datasync', 'syncError'],
  ['sync', 'syncError'],
]) {
  const real = prototype[name];
  prototype[name] = async function faulty(...given) {
    if (faults.writeDelayMs) await new Promise((resolve) => setTimeout(resolve, faults.writeDelayMs));
    if (name === 'datasync' && ++datasyncs >= (faults.holdDatasync ?? Number.POSITIVE_INFINITY)) await held();
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
