import type { JSX } from 'preact';
import type { ViewProps } from '../app.tsx';
import { Choice } from '../parts/choice.tsx';
import { Empty } from '../parts/empty.tsx';
import { SampleTable } from '../parts/rows.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { go, withQuery } from '../state/address.ts';
import { quantity } from '../state/format.ts';
import { useStore } from '../state/store.ts';

const MAX_ROWS = 300;

export function TextsView({ address }: ViewProps): JSX.Element {
  const store = useStore();
  const find = (address.query.get('q') ?? '').toLowerCase();
  const reason = address.query.get('why') ?? '';
  const order = address.query.get('order') ?? '';
  const rows = store.samples.filter(
    (sample) =>
      (reason === '' || sample.reason === reason) &&
      `${sample.text} ${sample.label} ${sample.fleet}/${sample.thing}`.toLowerCase().includes(find),
  );
  const sorted = order === 'score' ? rows.toSorted((a, b) => a.score - b.score) : rows;
  return (
    <>
      <div class="head">
        <h1>Texts to look at</h1>
        <SearchField label="Find in texts" value={find} onInput={(words) => go(withQuery({ q: words }), 'replace')} />
        <Choice
          label="Why they were captured"
          name="why"
          value={reason}
          options={[
            ['', 'all'],
            ['low-confidence', 'low confidence'],
            ['disagreement', 'disagreement'],
            ['sampled', 'by lot'],
          ]}
        />
        <Choice
          label="Order"
          name="order"
          value={order}
          options={[
            ['', 'newest first'],
            ['score', 'least sure first'],
          ]}
        />
        <span class="faint" role="status">
          {quantity(rows.length, 'text')}
        </span>
      </div>
      {store.samples.length === 0 ? (
        <Empty
          title="No text has left a device"
          commands={['# in the settings of the runtime, or the configuration of its component:', '"includeText": true']}
        >
          <p>
            Texts stay on the device unless you ask for them. To see those of which a model was not sure, switch capture
            on:
          </p>
        </Empty>
      ) : rows.length === 0 ? (
        <Empty title="No text is like that" />
      ) : (
        <section class="card">
          <SampleTable rows={sorted.slice(0, MAX_ROWS)} nowMs={store.nowMs} caption="Texts to look at" />
        </section>
      )}
    </>
  );
}
