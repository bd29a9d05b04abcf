import { readFileSync } from 'node:fs';
import { createTokenizer } from '../text/create-tokenizer.ts';
import { BatchRunner } from './batch-runner.ts';
import type { WorkerSettings } from './messages.ts';
import { openSession } from './session.ts';

/** A model ready to answer, on the thread that loaded it. */
export interface LoadedRunner {
  readonly runner: BatchRunner;
  close(): void;
}

/** Blocks until the model is loaded. */
export function loadRunner(settings: WorkerSettings): LoadedRunner {
  const session = openSession(settings.modelPath, settings);
  const tokenizer = createTokenizer(readFileSync(settings.tokenizerPath));
  return { runner: new BatchRunner(tokenizer, session, settings), close: () => session.close() };
}
