import type { JSX } from 'preact';
import { type DeviceDetail, deviceKey } from '../../wire/frame.ts';
import { unpackDevice } from '../../wire/pack.ts';
import { shownState } from '../../wire/silence.ts';
import type { ViewProps } from '../app.tsx';
import { Badge } from '../parts/badge.tsx';
import { Chart } from '../parts/chart.tsx';
import { Empty } from '../parts/empty.tsx';
import { Link } from '../parts/link.tsx';
import { EventTable, ResultTable, SampleTable } from '../parts/rows.tsx';
import { hrefOf } from '../state/address.ts';
import { bytes, count, duration, milliseconds, modelWords, rate } from '../state/format.ts';
import { useStream } from '../state/streams.ts';

export function DeviceView({ address }: ViewProps): JSX.Element {
  const [, fleet = '', thing = ''] = address.path;
  const url = `/live/device/${encodeURIComponent(fleet)}/${encodeURIComponent(thing)}`;
  const detail = useStream<DeviceDetail>(url, (told) => told);
  return (
    <>
      <nav class="trail" aria-label="Where you are">
        <Link to={hrefOf(['fleet'])}>Fleet</Link> / {fleet}
      </nav>
      {detail === undefined || detail.row === null ? (
        <>
          <h1>{thing}</h1>
          {detail && (
            <Empty
              title={`Nothing has been heard of ${deviceKey({ fleet, thing })}`}
              commands={[`npx verge watch --broker … --fleet ${fleet} --thing ${thing}`]}
            >
              <p>It appears with its first message. To see what comes from it, type:</p>
            </Empty>
          )}
        </>
      ) : (
        <Detail detail={detail} thing={thing} />
      )}
    </>
  );
}

function Detail({ detail, thing }: { readonly detail: DeviceDetail; readonly thing: string }): JSX.Element {
  const { nowMs, facts, latencies, errors, drifts } = detail;
  const row = unpackDevice(detail.row ?? []);
  return (
    <>
      <div class="head">
        <h1>{thing}</h1>
        <Badge of={shownState(row, nowMs)} />
        <span class="faint">
          heard {duration(nowMs - row.heardMs)} ago · {row.models.map(modelWords).join(', ') || 'no model'}
        </span>
      </div>
      <dl class="tiles">
        <Fact name="Texts per second" value={rate(row.textsPerSecond)} />
        <Fact name="Latency p50 · p99" value={`${milliseconds(row.p50)} · ${milliseconds(row.p99)}`} />
        <Fact name="Outbox" value={count(row.outbox)} />
        <Fact name="Restarts" value={count(row.restarts)} />
        <Fact name="Memory" value={bytes(row.rssBytes)} />
        <Fact name="Dropped" value={count(row.dropped)} />
      </dl>
      <div class="grid">
        <HealthCharts detail={detail} />
        <section class="card">
          <h2>About it</h2>
          <dl class="facts">
            {facts.map(({ name, value }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
        <section class="card">
          <h2>Models</h2>
          <ul class="list">
            {row.models.map((id) => {
              const [name = ''] = id.split(' ');
              const own = latencies.find(({ model }) => model === name);
              return (
                <li key={id}>
                  <Link to={hrefOf(['models', name])}>{modelWords(id)}</Link>{' '}
                  {own && (
                    <span class="faint">
                      p50 {milliseconds(own.p50)} · p90 {milliseconds(own.p90)} · p99 {milliseconds(own.p99)}
                    </span>
                  )}
                </li>
              );
            })}
          </ul>
          {drifts.length > 0 && <h3>Drifts now</h3>}
          <ul class="list">
            {drifts.map(({ model, signal, value, bound }) => (
              <li key={`${model} ${signal}`}>
                <Badge of="warning" words={signal} /> {model}: {value.toFixed(2)}, begins at {bound}
              </li>
            ))}
          </ul>
          {errors.length > 0 && <h3>Texts without an answer</h3>}
          <ul class="list">
            {errors.map(({ code, count: times }) => (
              <li key={code}>
                {code} <span class="faint">{count(times)} times since its start</span>
              </li>
            ))}
          </ul>
        </section>
        <section class="card full">
          <h2>Newest results</h2>
          {detail.results.length === 0 ? (
            <p class="faint">None yet.</p>
          ) : (
            <ResultTable
              rows={detail.results}
              nowMs={nowMs}
              caption={`Newest results of ${thing}`}
              withDevice={false}
            />
          )}
        </section>
        <section class="card full">
          <h2>Events</h2>
          {detail.events.length === 0 ? (
            <p class="faint">None.</p>
          ) : (
            <EventTable rows={detail.events} nowMs={nowMs} caption={`Events of ${thing}`} withDevice={false} />
          )}
        </section>
        {detail.samples.length > 0 && (
          <section class="card full">
            <h2>Texts to look at</h2>
            <SampleTable rows={detail.samples} nowMs={nowMs} caption={`Texts of ${thing}`} withDevice={false} />
          </section>
        )}
      </div>
    </>
  );
}

function HealthCharts({ detail: { health } }: { readonly detail: DeviceDetail }): JSX.Element | null {
  if (health.length < 2) return null;
  const times = health.map(([atMs]) => atMs);
  const values = (at: 1 | 2 | 3 | 4 | 5) => health.map((point) => point[at]);
  const stepMs = 1000;
  return (
    <>
      <Chart
        title="Texts per second"
        times={times}
        stepMs={stepMs}
        series={[{ label: 'answered', values: values(1) }]}
        format={rate}
      />
      <Chart
        title="Latency"
        times={times}
        stepMs={stepMs}
        series={[
          { label: 'p50', values: values(2) },
          { label: 'p99', values: values(3) },
        ]}
        format={milliseconds}
      />
      <Chart
        title="Memory"
        times={times}
        stepMs={stepMs}
        series={[{ label: 'resident', values: values(4) }]}
        format={bytes}
      />
      <Chart
        title="Outbox"
        times={times}
        stepMs={stepMs}
        series={[{ label: 'results', values: values(5) }]}
        format={count}
      />
    </>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
    </div>
  );
}
