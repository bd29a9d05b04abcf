import type { JSX } from 'preact';
import type { WaveView } from '../../wire/frame.ts';
import { toneOf } from './badge.tsx';

/** How far the devices of a wave are: lengths beside the same in words. */
export function WaveBar({ wave }: { readonly wave: WaveView }): JSX.Element {
  const counts = wave.counts.filter(({ count }) => count > 0);
  return (
    <div class="wave-bar">
      <div class="bar" aria-hidden="true">
        {counts.map(({ state, count }) => (
          <span key={state} class={`tone-${toneOf(state)}`} style={{ flexGrow: count }} />
        ))}
      </div>
      <span class="faint">{counts.map(({ state, count }) => `${count} ${state}`).join(' · ') || 'no devices yet'}</span>
    </div>
  );
}
