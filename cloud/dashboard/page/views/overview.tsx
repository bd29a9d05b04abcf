import type { JSX } from 'preact';
import type { WindowName } from '../../wire/windows.ts';
import type { ViewProps } from '../app.tsx';
import { Badge } from '../parts/badge.tsx';
import { WindowChoice, windowOf } from '../parts/choice.tsx';
import { Empty } from '../parts/empty.tsx';
import { Link } from '../parts/link.tsx';
import { DeviceLink, EventTable, Foreign } from '../parts/rows.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { TrafficCharts } from '../parts/traffic-charts.tsx';
import { WaveBar } from '../parts/wave-bar.tsx';
import { hrefOf } from '../state/address.ts';
import { count, duration, milliseconds, percent, quantity, rate } from '../state/format.ts';
import { devicesByVersion, modelNames, versionsOf } from '../state/models.ts';
import { type Store, useStore } from '../state/store.ts';
import { readiness, topLabels, troubled } from '../state/whole-fleet.ts';

export function OverviewView({ address }: ViewProps): JSX.Element {
  const store = useStore();
  const window = windowOf(address);
  if (store.summary === undefined) return <h1 class="hidden">Overview</h1>;
  const hasNothing = store.devices.size === 0 && store.rollouts.size === 0;
  return (
    <>
      <div class="head">
        <h1>Overview</h1>
        <WindowChoice address={address} />
      </div>
      <Trouble store={store} />
      {hasNothing ? (
        <NothingYet store={store} />
      ) : (
        <>
          <Tiles store={store} />
          <div class="grid">
            <TrafficCharts store={store} window={window} />
            <Attention store={store} />
            <Rollout store={store} />
            <Labels store={store} window={window} />
            <Versions store={store} window={window} />
            <section class="card full">
              <h2>
                <Link to={hrefOf(['events'])}>Latest events</Link>
              </h2>
              {store.events.length === 0 ? (
                <p class="faint">Nothing out of the ordinary.</p>
              ) : (
                <EventTable rows={store.events.slice(0, 8)} nowMs={store.nowMs} caption="Latest events" />
              )}
            </section>
          </div>
        </>
      )}
    </>
  );
}

/** What keeps the page from showing all: told where everybody looks. */
function Trouble({ store }: { readonly store: Store }): JSX.Element | null {
  const { summary } = store;
  if (summary === undefined) return null;
  const lines = [
    summary.link === 'waiting' &&
      `The broker ${summary.broker} is away (${summary.linkReason}); what you see is the past.`,
    summary.past.state === 'loading' && `Reading the past from ${summary.past.words} …`,
    summary.past.state === 'failed' && `The past could not be read: ${summary.past.words}`,
    summary.rollouts.state === 'failed' && `Rollouts could not be read: ${summary.rollouts.words}`,
    summary.forgotten > 0 &&
      `${quantity(summary.forgotten, 'device or version')} unheard of for longest left the page to keep its memory bounded.`,
  ].filter((line) => line !== false);
  if (lines.length === 0) return null;
  return (
    <ul class="notice" role="status">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function NothingYet({ store }: { readonly store: Store }): JSX.Element {
  const broker = store.summary?.broker ?? '';
  return (
    <Empty
      title="Nothing has come yet"
      commands={[
        '# a device of your own, on this machine (the bundle is what verge compile wrote):',
        `echo '{ "fleet": "bakeries", "thing": "oven-17", "models": ["bundle"], "brokerUrl": "${broker}" }' > settings.json`,
        'node dist/component/main.js settings.json',
        '',
        '# and a text for it:',
        'mosquitto_pub -t cmd/verge/bakeries/oven-17/classify -q 1 \\',
        `    -m '{ "schemaVersion": 1, "texts": [{ "id": "a1", "text": "wake me at seven" }] }'`,
        '',
        '# or the whole flow with a demo device:',
        'npm start -- --keep',
      ]}
    >
      <p>
        The page listens at <b>{broker}</b>. Devices appear by themselves with their first message; type one of these:
      </p>
    </Empty>
  );
}

function Tiles({ store }: { readonly store: Store }): JSX.Element {
  const rows = [...store.devices.values()];
  const { ready, devices, others } = readiness(store);
  const { summary } = store;
  const window = [...store.traffic['15m'].values()];
  const answered = window.reduce((sum, point) => sum + point[1], 0);
  const failed = window.reduce((sum, point) => sum + point[2], 0);
  const last = window.filter((point) => point[4] > 0 && point[0] < store.nowMs - 5000).sort((a, b) => b[0] - a[0])[0];
  const outbox = rows.reduce((sum, row) => sum + row.outbox, 0);
  const dropped = rows.reduce((sum, row) => sum + row.dropped, 0);
  return (
    <dl class="tiles">
      <Tile
        name="Devices ready"
        value={`${count(ready)} of ${count(devices)}`}
        to={hrefOf(['fleet'])}
        tone={ready === devices ? 'good' : 'warn'}
        words={ready === devices ? 'all of them' : others}
      />
      <Tile
        name="Texts per second"
        value={rate(summary?.perSecond ?? 0)}
        to={hrefOf(['results'])}
        words={`${count(summary?.results ?? 0)} seen in all`}
      />
      <Tile
        name="Latency p50 · p99"
        value={last ? `${milliseconds(last[4])} · ${milliseconds(last[6])}` : '–'}
        to={hrefOf(['models'])}
        words="on the device"
      />
      <Tile
        name="Failed"
        value={answered + failed === 0 ? '–' : percent(failed / (answered + failed), 2)}
        to={hrefOf(['results'], { only: 'failed' })}
        tone={failed > 0 ? 'warn' : 'good'}
        words={`${count(failed)} texts in 15 minutes`}
      />
      <Tile
        name="Waiting in outboxes"
        value={count(outbox)}
        to={hrefOf(['fleet'], { sort: '-outbox' })}
        words={dropped > 0 ? `${count(dropped)} dropped` : 'nothing dropped'}
        tone={dropped > 0 ? 'bad' : undefined}
      />
      <Tile
        name="Missing messages"
        value={count(summary?.missing ?? 0)}
        to={hrefOf(['events'], { name: 'gap' })}
        tone={(summary?.missing ?? 0) > 0 ? 'bad' : 'good'}
        words={summary?.malformed ? `${count(summary.malformed)} malformed` : 'none malformed'}
      />
    </dl>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly words: string;
  readonly to: string;
  readonly tone?: 'good' | 'warn' | 'bad' | undefined;
}

function Tile({ name, value, words, to, tone }: TileProps): JSX.Element {
  return (
    <div class={`tile ${tone ? `edge-${tone}` : ''}`}>
      <dt>
        <Link to={to}>{name}</Link>
      </dt>
      <dd class="value">{value}</dd>
      <dd class="faint">{words}</dd>
    </div>
  );
}

function Attention({ store }: { readonly store: Store }): JSX.Element {
  const found = troubled(store);
  const { others } = readiness(store);
  return (
    <section class="card">
      <h2>Needs attention</h2>
      {found.length === 0 ? (
        <p class="calm">
          {others === '' ? (
            <Badge of="ready" words="All devices are well." />
          ) : (
            <Badge of="info" words={`Nothing is wrong: ${others}.`} />
          )}
        </p>
      ) : (
        <ul class="list">
          {found.slice(0, 8).map(({ row, state, why }) => (
            <li key={`${row.fleet}/${row.thing}`}>
              <Badge of={state} /> <DeviceLink {...row} /> <span class="faint">{why}</span>
            </li>
          ))}
        </ul>
      )}
      {found.length > 8 && (
        <p>
          <Link to={hrefOf(['fleet'], { sort: 'state' })}>{count(found.length - 8)} more</Link>
        </p>
      )}
    </section>
  );
}

function Rollout({ store }: { readonly store: Store }): JSX.Element {
  const [newest] = [...store.rollouts.values()].sort((a, b) => b.updatedMs - a.updatedMs);
  return (
    <section class="card">
      <h2>
        <Link to={hrefOf(['rollouts'])}>Rollout</Link>
      </h2>
      {newest === undefined ? (
        <p class="faint">None is known.</p>
      ) : (
        <>
          <p>
            <Badge of={newest.status} /> <Link to={hrefOf(['rollouts', newest.id])}>{newest.title}</Link>{' '}
            <span class="faint">{duration(store.nowMs - newest.updatedMs)} ago</span>
          </p>
          {newest.waves.map((wave) => (
            <div key={wave.name} class="wave-line">
              <span>{wave.name}</span>
              <Badge of={wave.status} />
              <WaveBar wave={wave} />
            </div>
          ))}
        </>
      )}
    </section>
  );
}

/** Where each version answers, and how much. */
function Versions({ store, window }: { readonly store: Store; readonly window: WindowName }): JSX.Element {
  const devices = devicesByVersion(store);
  const versions = modelNames(store, window).flatMap((name) => versionsOf(store, name));
  return (
    <section class="card">
      <h2>
        <Link to={hrefOf(['models'])}>Versions</Link>
      </h2>
      <Scroll label="Versions">
        <table>
          <caption class="hidden">Versions that answer</caption>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col" class="number">
                Devices
              </th>
              <th scope="col" class="number">
                Texts
              </th>
              <th scope="col" class="number">
                p99
              </th>
              <th scope="col" class="number">
                Mean score
              </th>
            </tr>
          </thead>
          <tbody>
            {versions.slice(0, 10).map(({ id, name, version, windows }) => (
              <tr key={id}>
                <th scope="row">
                  <Link to={hrefOf(['models', name], { version: id })}>
                    {name} {version}
                  </Link>
                </th>
                <td class="number">{count(devices.get(id) ?? 0)}</td>
                <td class="number">{count(windows[window].answered)}</td>
                <td class="number">{milliseconds(windows[window].p99)}</td>
                <td class="number">{windows[window].answered === 0 ? '–' : windows[window].meanScore.toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Labels({ store, window }: { readonly store: Store; readonly window: WindowName }): JSX.Element {
  const { labels, total } = topLabels(store, window);
  return (
    <section class="card">
      <h2>
        <Link to={hrefOf(['models'])}>Labels</Link>
      </h2>
      {labels.length === 0 ? (
        <p class="faint">No answers in this window.</p>
      ) : (
        <ul class="shares">
          {labels.slice(0, 8).map(({ label, count: times }) => (
            <li key={label}>
              <span class="share-name">
                <Foreign words={label === '' ? '(none)' : label} />
              </span>
              <span class="track" aria-hidden="true">
                <span class="fill" style={{ width: `${(times / total) * 100}%` }} />
              </span>
              <span class="number">{percent(times / total)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
