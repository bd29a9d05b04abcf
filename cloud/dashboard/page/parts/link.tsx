import type { ComponentChildren, JSX } from 'preact';
import { go } from '../state/address.ts';

interface LinkProps {
  readonly to: string;
  readonly children: ComponentChildren;
  readonly current?: boolean;
  readonly class?: string;
  readonly title?: string;
}

/** A link within the page: with a modifier it opens as any link does. */
export function Link({ to, children, current = false, title, ...rest }: LinkProps): JSX.Element {
  return (
    <a
      {...rest}
      {...(title === undefined ? {} : { title })}
      href={to}
      {...(current ? { 'aria-current': 'page' as const } : {})}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
