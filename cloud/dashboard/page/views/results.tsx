import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ResultsFrame } from '../../wire/frame.ts';
import type { ViewProps } from '../app.tsx';
import { Choice } from '../parts/choice.tsx';
import { Empty } from '../parts/empty.tsx';
import { ResultTable } from '../parts/rows.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { go, withQuery } from '../state/address.ts';
import { count, rate } from '../state/format.ts';
import { useStore } from '../state/store.ts';
import { useStream } from '../state/streams.ts';
import { topLabels } from '../state/whole-fleet.ts';

const MAX_ROWS = 200;

export function ResultsView({ address }: ViewProps): JSX.Element {
  const store = useStore();
  const { query } = address;
  const filter = new URLSearchParams();
  for (const name of ['thing', 'label', 'model', 'only']) {
    const value = query.get(name);
    if (value !== null && value !== '') filter.set(name, value);
  }
  const told = useStream<ResultsFrame>(`/live/results?${filter}`, join);
  const [held, setHeld] = useState<ResultsFrame | undefined>();
  const frame = held ?? told;
  const { labels } = topLabels(store, '7d');
  const label = query.get('label') ?? '';
  const only = query.get('only') ?? '';
  return (
    <>
      <div class="head">
        <h1>Results</h1>
        <SearchField
          label="Find by thing"
          value={query.get('thing') ?? ''}
          onInput={(words) => go(withQuery({ thing: words }), 'replace')}
        />
        <label class="pick">
          <span class="hidden">Only this label</span>
          <select value={label} onChange={({ currentTarget }) => go(withQuery({ label: currentTarget.value }))}>
            <option value="">every label</option>
            {label !== '' && !labels.some((known) => known.label === label) && <option value={label}>{label}</option>}
            {labels.slice(0, 200).map((known) => (
              <option key={known.label} value={known.label}>
                {known.label}
              </option>
            ))}
          </select>
        </label>
        <Choice
          label="Which"
          name="only"
          value={only}
          options={[
            ['', 'all'],
            ['rejected', 'rejected'],
            ['failed', 'failed'],
          ]}
        />
        <button
          type="button"
          class="hold"
          aria-pressed={held !== undefined}
          onClick={() => setHeld(held ? undefined : told)}
        >
          {held ? '▶ Go on' : '‖ Hold'}
        </button>
        <span class="faint">
          {rate(store.summary?.perSecond ?? 0)} per second
          {frame && frame.left > 0
            ? ` · the newest are shown, ${count(frame.left)} more went by in the last second`
            : ''}
        </span>
      </div>
      {frame === undefined ? null : frame.rows.length === 0 ? (
        <Empty
          title={filter.size > 0 ? 'No result like that has come since the page listens' : 'No result has come yet'}
          commands={filter.size > 0 ? [] : ['npx verge watch --broker …', 'npm start -- --keep']}
        >
          <p>They appear here as they come, the newest first.</p>
        </Empty>
      ) : (
        <section class="card">
          <ResultTable rows={frame.rows} nowMs={store.nowMs} caption="Results, the newest first" />
        </section>
      )}
    </>
  );
}

/** The newest first, each once. */
function join(told: ResultsFrame, before: ResultsFrame | undefined): ResultsFrame {
  const known = before?.rows ?? [];
  const ids = new Set(told.rows.map(({ id }) => id));
  const rows = [...told.rows, ...known.filter(({ id }) => !ids.has(id))]
    .sort((a, b) => b.atMs - a.atMs || b.serial - a.serial)
    .slice(0, MAX_ROWS);
  return { ...told, rows };
}
