import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Address, hrefOf } from '../state/address.ts';
import { moment } from '../state/format.ts';
import { useStore } from '../state/store.ts';
import { THEMES, useTheme } from '../state/theme.ts';
import { Link } from './link.tsx';

const PLACES = [
  ['', 'Overview'],
  ['fleet', 'Fleet'],
  ['results', 'Results'],
  ['models', 'Models'],
  ['rollouts', 'Rollouts'],
  ['events', 'Events'],
  ['texts', 'Texts'],
] as const;

export function Header({ address }: { readonly address: Address }): JSX.Element {
  const [first = ''] = address.path;
  const current = first === 'device' ? 'fleet' : first;
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' }); // on a phone
  }, [current]);
  return (
    <header class="top">
      <span class="brand" aria-hidden="true">
        <img src="/icon.svg" alt="" width="20" height="20" /> Verge
      </span>
      <nav aria-label="Views" ref={nav}>
        {PLACES.map(([path, words]) => (
          <Link key={path} to={hrefOf(path === '' ? [] : [path])} current={path === current}>
            {words}
          </Link>
        ))}
      </nav>
      <Connection />
      <ThemeChoice />
    </header>
  );
}

function Connection(): JSX.Element {
  const { connected, summary, nowMs } = useStore();
  const isLive = connected && summary?.link === 'connected';
  const words = !connected ? 'Page offline' : isLive ? 'Live' : 'Broker away';
  const detail = !connected
    ? `No word from the server${nowMs > 0 ? `; as of ${moment(nowMs, nowMs)}` : ''}`
    : `${summary?.broker ?? ''}: ${summary?.linkReason ?? ''}`;
  return (
    <span class={`connection ${isLive ? 'is-ok' : 'is-bad'}`} role="status" title={detail}>
      <span class="dot" aria-hidden="true">
        {isLive ? '●' : '○'}
      </span>{' '}
      {words}
    </span>
  );
}

function ThemeChoice(): JSX.Element {
  const [theme, setTheme] = useTheme();
  return (
    <label class="theme">
      <span class="hidden">Theme</span>
      <select
        value={theme}
        onChange={({ currentTarget }) => setTheme(THEMES.find((known) => known === currentTarget.value) ?? 'system')}
      >
        <option value="system">System</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}
