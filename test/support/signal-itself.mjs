// Loaded before a command (`node --import`): it sends itself VERGE_SIGNALS, names with commas between, as soon as it has made a
// temporary folder whose name begins with VERGE_SIGNAL_AT. From outside, the signal could come after the folder has gone.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const { VERGE_SIGNAL_AT: at = '', VERGE_SIGNALS: signals = '' } = process.env;

function made(folder) {
  if (!path.basename(folder).startsWith(at)) return;
  for (const signal of signals.split(',')) process.kill(process.pid, signal);
}

const { mkdtemp } = fs.promises;
fs.promises.mkdtemp = async (...given) => {
  const folder = await mkdtemp(...given);
  made(folder);
  return folder;
};
syncBuiltinESMExports();
