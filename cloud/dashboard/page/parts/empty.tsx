import type { ComponentChildren, JSX } from 'preact';

/** Where there is nothing to show: why, and what to type. */
export function Empty({
  title,
  children,
  commands = [],
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly commands?: readonly string[];
}): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <div>{children}</div>}
      {commands.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <pre tabIndex={0}>{commands.join('\n')}</pre>
      )}
    </div>
  );
}
