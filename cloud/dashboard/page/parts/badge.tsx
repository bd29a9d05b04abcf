import type { JSX } from 'preact';

type Tone = 'good' | 'warn' | 'bad' | 'calm' | 'busy';

/** A word with a shape of its own, so that colour is never all there is. */
const LOOKS: Readonly<Record<string, readonly [Tone, string]>> = {
  ready: ['good', '●'],
  starting: ['busy', '◐'],
  draining: ['busy', '◑'],
  stopped: ['calm', '■'],
  failed: ['bad', '▲'],
  lost: ['bad', '✕'],
  silent: ['warn', '◌'],
  'no-health': ['calm', '?'],
  offline: ['warn', '✕'],
  healthy: ['good', '●'],
  installing: ['busy', '◐'],
  pending: ['calm', '○'],
  waiting: ['calm', '○'],
  listening: ['busy', '◔'],
  deploying: ['busy', '◐'],
  clearing: ['busy', '◑'],
  reverting: ['warn', '↩'],
  reverted: ['warn', '↩'],
  restored: ['warn', '↩'],
  done: ['good', '✓'],
  question: ['warn', '?'],
  running: ['busy', '◐'],
  baking: ['busy', '◔'],
  paused: ['warn', '‖'],
  passed: ['good', '✓'],
  pass: ['good', '✓'],
  fail: ['bad', '▲'],
  aborted: ['warn', '■'],
  inconclusive: ['warn', '?'],
  'rolled-back': ['bad', '↩'],
  info: ['calm', '·'],
  warning: ['warn', '!'],
  error: ['bad', '▲'],
  rejected: ['warn', '?'],
  cached: ['calm', '='],
  replay: ['calm', '↻'],
  truncated: ['warn', '✂'],
};

export function Badge({ of: word, words = word }: { readonly of: string; readonly words?: string }): JSX.Element {
  const [tone, shape] = LOOKS[word] ?? ['calm', '·'];
  return (
    <span class={`badge tone-${tone}`}>
      <span aria-hidden="true">{shape}</span> {words.replaceAll('-', ' ')}
    </span>
  );
}

export function toneOf(word: string): Tone {
  return LOOKS[word]?.[0] ?? 'calm';
}
