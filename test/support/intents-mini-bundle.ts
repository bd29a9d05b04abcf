import { type CompiledBundle, compileAs } from './compiled-bundle.ts';

/** The committed model, compiled as a user would. Whoever asks for it calls `remove`. */
export function compileIntentsMini(): CompiledBundle {
  return compileAs('intents-mini');
}
