import type { ComponentChildren, JSX } from 'preact';

interface ScrollProps {
  readonly label: string;
  readonly tall?: boolean;
  readonly children: ComponentChildren;
}

/** What may be wider than its place scrolls by itself, by keyboard too. */
export function Scroll({ label, tall = false, children }: ScrollProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it nobody could scroll it by keyboard (axe: scrollable-region-focusable)
    <section class={tall ? 'scroll tall' : 'scroll'} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
