import type { JSX } from 'preact';
import type { ViewProps } from '../app.tsx';
import { Choice } from '../parts/choice.tsx';
import { Empty } from '../parts/empty.tsx';
import { FleetTable } from '../parts/fleet-table.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { go, withQuery } from '../state/address.ts';
import { COLUMNS, compareRows, type ListedDevice } from '../state/fleet-columns.ts';
import { count, modelWords, quantity } from '../state/format.ts';
import { useStore } from '../state/store.ts';

export function FleetView({ address }: ViewProps): JSX.Element {
  const store = useStore();
  const find = address.query.get('q') ?? '';
  const state = address.query.get('state') ?? '';
  const model = address.query.get('model') ?? '';
  const sort = address.query.get('sort') ?? 'thing';

  const all: ListedDevice[] = [];
  const states = new Map<string, number>();
  const models = new Set<string>();
  for (const row of store.devices.values()) {
    const shown = store.stateOf(row);
    states.set(shown, (states.get(shown) ?? 0) + 1);
    for (const id of row.models) models.add(id);
    if (state !== '' && shown !== state) continue;
    if (model !== '' && !row.models.includes(model)) continue;
    if (find !== '' && !`${row.fleet}/${row.thing}`.toLowerCase().includes(find.toLowerCase())) continue;
    all.push({ ...row, shown, silentMs: store.nowMs - row.heardMs });
  }
  const column = sort.replace(/^-/, '');
  const rows = all.sort(compareRows(column, sort.startsWith('-')));

  const options = [
    ['', `all ${count(store.devices.size)}`] as const,
    ...[...states].sort().map(([name, number]) => [name, `${name} ${count(number)}`] as const),
  ];
  return (
    <>
      <div class="head">
        <h1>Fleet</h1>
        <SearchField label="Find by name" value={find} onInput={(words) => go(withQuery({ q: words }), 'replace')} />
        {models.size > 0 && (
          <label class="pick">
            <span class="hidden">Only with this version</span>
            <select value={model} onChange={({ currentTarget }) => go(withQuery({ model: currentTarget.value }))}>
              <option value="">every version</option>
              {[...models].sort().map((id) => (
                <option key={id} value={id}>
                  {modelWords(id)}
                </option>
              ))}
            </select>
          </label>
        )}
        <label class="pick narrow-only">
          <span class="hidden">Sort by</span>
          <select value={column} onChange={({ currentTarget }) => go(withQuery({ sort: currentTarget.value }))}>
            {COLUMNS.map(({ key, words }) => (
              <option key={key} value={key}>
                by {words.toLowerCase()}
              </option>
            ))}
          </select>
        </label>
        <Choice label="State" name="state" options={options} value={state} />
        <span class="faint" role="status">
          {quantity(rows.length, 'device')}
        </span>
      </div>
      {store.devices.size === 0 ? (
        <Empty title="No device has been heard of" commands={['npm start -- --keep']}>
          <p>Devices appear with their first message. For one on this machine, type:</p>
        </Empty>
      ) : rows.length === 0 ? (
        <Empty title="No device is like that">
          <p>Clear the name, the state or the version above.</p>
        </Empty>
      ) : (
        <FleetTable rows={rows} sort={sort} />
      )}
    </>
  );
}
