import type { JSX } from 'preact';
import type { VersionView } from '../../wire/frame.ts';
import { WINDOWS, type WindowName } from '../../wire/windows.ts';
import type { ViewProps } from '../app.tsx';
import { Chart } from '../parts/chart.tsx';
import { WindowChoice, windowOf } from '../parts/choice.tsx';
import { ConfidenceBars } from '../parts/confidence-bars.tsx';
import { Empty } from '../parts/empty.tsx';
import { LabelShares } from '../parts/label-shares.tsx';
import { Link } from '../parts/link.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { VersionTable } from '../parts/version-table.tsx';
import { go, hrefOf, withQuery } from '../state/address.ts';
import { modelNames, versionsOf } from '../state/models.ts';
import { useStore } from '../state/store.ts';

/** Versions that fit beside each other. */
const MAX_SIDE_BY_SIDE = 4;
const DRIFT_BOUND = 0.25;

export function ModelsView({ address }: ViewProps): JSX.Element {
  const store = useStore();
  const window = windowOf(address);
  const names = modelNames(store, window);
  const name = address.path[1] ?? names[0] ?? '';
  const versions = versionsOf(store, name);
  const busiest = versions.toSorted((a, b) => b.windows[window].answered - a.windows[window].answered)[0];
  const version = versions.find(({ id }) => id === address.query.get('version')) ?? busiest;
  return (
    <>
      <div class="head">
        <h1>{name === '' ? 'Models' : name}</h1>
        {names.length > 1 && (
          <nav class="choice" aria-label="Models">
            {names.map((known) => (
              <Link key={known} to={hrefOf(['models', known])} current={known === name}>
                {known}
              </Link>
            ))}
          </nav>
        )}
        <WindowChoice address={address} />
      </div>
      {version === undefined ? (
        <Empty
          title={name === '' ? 'No model has answered yet' : `Nothing has been heard of ${name}`}
          commands={['npx verge compile MODEL.tar.gz --out bundle --samples samples.tsv', 'npx verge publish bundle']}
        >
          <p>A model appears when a device loads it. To make one and bring it to devices, type:</p>
        </Empty>
      ) : (
        <div class="grid">
          <section class="card">
            <h2>Versions side by side</h2>
            <VersionTable versions={versions.slice(0, MAX_SIDE_BY_SIDE)} window={window} store={store} />
          </section>
          <section class="card labels-card">
            <div class="head">
              <h2>Label shares</h2>
              <VersionPick versions={versions} current={version} />
            </div>
            <LabelShares
              version={version}
              versions={versions}
              window={window}
              against={address.query.get('against') ?? ''}
            />
          </section>
          <Drift version={version} window={window} nowMs={store.nowMs} />
          <section class="card">
            <h2>Confidence</h2>
            <ConfidenceBars version={version} window={window} />
          </section>
        </div>
      )}
    </>
  );
}

function VersionPick({
  versions,
  current,
}: {
  readonly versions: readonly VersionView[];
  readonly current: VersionView;
}): JSX.Element {
  return (
    <label class="pick">
      <span class="hidden">Version</span>
      <select value={current.id} onChange={({ currentTarget }) => go(withQuery({ version: currentTarget.value }))}>
        {versions.map(({ id, version, digest }) => (
          <option key={id} value={id}>
            {version} ({digest.slice(0, 8)})
          </option>
        ))}
      </select>
    </label>
  );
}

function Drift({
  version,
  window,
  nowMs,
}: {
  readonly version: VersionView;
  readonly window: WindowName;
  readonly nowMs: number;
}): JSX.Element {
  const { versionStepMs: stepMs, versionSteps } = WINDOWS[window];
  const points = new Map(version.windows[window].drift.map((point) => [point[0], point]));
  const end = Math.floor(nowMs / stepMs) * stepMs;
  const times = Array.from({ length: versionSteps }, (_, at) => end - (versionSteps - 1 - at) * stepMs);
  const values = (at: 1 | 2 | 3) => times.map((time) => clip(points.get(time)?.[at] ?? null));
  return (
    <div class="stack">
      <Chart
        title={`Drift of ${version.version} against its baseline`}
        times={times}
        stepMs={stepMs}
        series={[
          { label: 'labels', values: values(1) },
          { label: 'confidence', values: values(2) },
          { label: 'length', values: values(3) },
        ]}
        format={(value) => value.toFixed(2)}
        sparse
        bound={{ value: DRIFT_BOUND, words: 'drift begins' }}
      />
      <section class="card">
        <h2>Drift by device</h2>
        <Scroll label="Drift by device">
          <table>
            <caption class="hidden">Stability indices less chance, over devices</caption>
            <thead>
              <tr>
                <th scope="col">Of</th>
                <th scope="col" class="number">
                  Median
                </th>
                <th scope="col" class="number">
                  One in ten above
                </th>
                <th scope="col" class="number">
                  At or over {DRIFT_BOUND}
                </th>
              </tr>
            </thead>
            <tbody>
              {(['labels', 'confidence', 'length'] as const).map((index) => {
                const spread = version.spread[index];
                return (
                  <tr key={index}>
                    <th scope="row">{index}</th>
                    <td class="number">{spread ? Math.max(0, spread.median).toFixed(2) : '–'}</td>
                    <td class="number">{spread ? Math.max(0, spread.p90).toFixed(2) : '–'}</td>
                    <td class={`number ${spread && spread.over > 0 ? 'strong' : ''}`}>
                      {spread
                        ? `${spread.over} of ${spread.devices} devices${spread.over > 0 ? ' ▲' : ''}`
                        : 'no statistics yet'}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
        <p class="faint">
          Population stability index against the bundle's baseline, less what chance alone makes. A device says that
          drift begins at {DRIFT_BOUND} or over, three windows in a row.
        </p>
      </section>
    </div>
  );
}

/** Chance may be more than there is; below nothing there is no drift. */
function clip(value: number | null): number | null {
  return value === null ? null : Math.max(0, value);
}
