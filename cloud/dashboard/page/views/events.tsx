import type { JSX } from 'preact';
import type { ViewProps } from '../app.tsx';
import { Choice } from '../parts/choice.tsx';
import { Empty } from '../parts/empty.tsx';
import { EventTable } from '../parts/rows.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { go, withQuery } from '../state/address.ts';
import { quantity } from '../state/format.ts';
import { useStore } from '../state/store.ts';

const MAX_ROWS = 300;

export function EventsView({ address }: ViewProps): JSX.Element {
  const store = useStore();
  const find = (address.query.get('q') ?? '').toLowerCase();
  const name = address.query.get('name') ?? '';
  const severity = address.query.get('severity') ?? '';
  const names = [...new Set(store.events.map((event) => event.name))].sort();
  const rows = store.events.filter(
    (event) =>
      (name === '' || event.name === name) &&
      (severity === '' || event.severity === severity) &&
      `${event.fleet}/${event.thing} ${event.message} ${event.code}`.toLowerCase().includes(find),
  );
  return (
    <>
      <div class="head">
        <h1>Events</h1>
        <SearchField label="Find in events" value={find} onInput={(words) => go(withQuery({ q: words }), 'replace')} />
        <label class="pick">
          <span class="hidden">Only this kind</span>
          <select value={name} onChange={({ currentTarget }) => go(withQuery({ name: currentTarget.value }))}>
            <option value="">every kind</option>
            {name !== '' && !names.includes(name) && <option value={name}>{name}</option>}
            {names.map((known) => (
              <option key={known} value={known}>
                {known}
              </option>
            ))}
          </select>
        </label>
        <Choice
          label="Severity"
          name="severity"
          value={severity}
          options={[
            ['', 'all'],
            ['error', 'errors'],
            ['warning', 'warnings'],
            ['info', 'news'],
          ]}
        />
        <span class="faint" role="status">
          {quantity(rows.length, 'event')}
        </span>
      </div>
      {rows.length === 0 ? (
        <Empty title={store.events.length === 0 ? 'No event has come yet' : 'No event is like that'}>
          <p>Starts and stops, models loaded or refused, drift, gaps and malformed messages appear here.</p>
        </Empty>
      ) : (
        <section class="card">
          <EventTable rows={rows.slice(0, MAX_ROWS)} nowMs={store.nowMs} caption="Events, the newest first" />
        </section>
      )}
    </>
  );
}
