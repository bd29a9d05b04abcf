import { useEffect, useState } from 'preact/hooks';

/** The state of the page, all of it: whoever opens the same address sees the same. */
export interface Address {
  /** `/device/bakeries/oven-17` is `['device', 'bakeries', 'oven-17']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

const listeners = new Set<() => void>();

function read(): Address {
  const path = location.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  return { path, query: new URLSearchParams(location.search) };
}

export function useAddress(): Address {
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const look = (): void => setAddress(read());
    listeners.add(look);
    addEventListener('popstate', look);
    return () => {
      listeners.delete(look);
      removeEventListener('popstate', look);
    };
  }, []);
  return address;
}

/** `replace` for what changes with every key, so that the way back isn't a letter at a time. */
export function go(href: string, how: 'push' | 'replace' = 'push'): void {
  if (href === location.pathname + location.search) return;
  if (how === 'push') history.pushState(null, '', href);
  else history.replaceState(null, '', href);
  for (const look of [...listeners]) look();
}

/** This address with other values; an empty one is left out. */
export function withQuery(changes: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') query.delete(name);
    else query.set(name, value);
  }
  const words = query.toString();
  return words === '' ? location.pathname : `${location.pathname}?${words}`;
}

/** An address of parts that may hold anything. The window of time goes along. */
export function hrefOf(path: readonly string[], query: Readonly<Record<string, string>> = {}): string {
  const window = new URLSearchParams(location.search).get('window');
  const words = new URLSearchParams(window === null ? query : { ...query, window }).toString();
  const where = `/${path.map(encodeURIComponent).join('/')}`;
  return words === '' ? where : `${where}?${words}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
