import type { ComponentType, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Header } from './parts/header.tsx';
import { type Address, useAddress } from './state/address.ts';
import { DeviceView } from './views/device.tsx';
import { EventsView } from './views/events.tsx';
import { FleetView } from './views/fleet.tsx';
import { ModelsView } from './views/models.tsx';
import { OverviewView } from './views/overview.tsx';
import { ResultsView } from './views/results.tsx';
import { RolloutsView } from './views/rollouts.tsx';
import { TextsView } from './views/texts.tsx';

export interface ViewProps {
  readonly address: Address;
}

const VIEWS: Readonly<Record<string, ComponentType<ViewProps>>> = {
  '': OverviewView,
  fleet: FleetView,
  device: DeviceView,
  results: ResultsView,
  models: ModelsView,
  rollouts: RolloutsView,
  events: EventsView,
  texts: TextsView,
};

export function App(): JSX.Element {
  const address = useAddress();
  const [first = ''] = address.path;
  const View = VIEWS[first] ?? OverviewView;
  const main = useRef<HTMLElement>(null);
  const place = address.path.join('/');
  const isFirst = useRef(true);
  useEffect(() => {
    const title = main.current?.querySelector('h1')?.textContent ?? '';
    document.title = title === '' ? 'Verge' : `${title} · Verge`;
    if (!isFirst.current) main.current?.focus({ preventScroll: true }); // who reads by ear hears that the page is another
    isFirst.current = false;
    scrollTo(0, 0);
  }, [place]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header address={address} />
      <main id="main" ref={main} tabIndex={-1} class={`view view-${first === '' ? 'overview' : first}`}>
        <View key={first} address={address} />
      </main>
    </>
  );
}
