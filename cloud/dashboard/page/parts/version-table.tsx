import type { JSX } from 'preact';
import type { VersionView, VersionWindow } from '../../wire/frame.ts';
import { WINDOWS, type WindowName } from '../../wire/windows.ts';
import { hrefOf } from '../state/address.ts';
import { count, duration, milliseconds, percent } from '../state/format.ts';
import { devicesByVersion } from '../state/models.ts';
import type { Store } from '../state/store.ts';
import { Link } from './link.tsx';
import { Scroll } from './scroll.tsx';

interface Measure {
  readonly words: string;
  read(window: VersionWindow): number | null;
  show(value: number): string;
  /** Whether more is better; undefined where neither is. */
  readonly more?: 'better' | 'worse';
}

const share = (of: number, { answered }: VersionWindow): number | null => (answered === 0 ? null : of / answered);
const some = (value: number): number | null => (value === 0 ? null : value);

const MEASURES: readonly Measure[] = [
  { words: 'Texts answered', read: ({ answered }) => answered, show: count },
  { words: 'Latency p50', read: ({ p50 }) => some(p50), show: milliseconds, more: 'worse' },
  { words: 'Latency p90', read: ({ p90 }) => some(p90), show: milliseconds, more: 'worse' },
  { words: 'Latency p99', read: ({ p99 }) => some(p99), show: milliseconds, more: 'worse' },
  {
    words: 'Mean score',
    read: (window) => (window.answered === 0 ? null : window.meanScore),
    show: (value) => value.toFixed(3),
    more: 'better',
  },
  { words: 'Rejected', read: (window) => share(window.rejected, window), show: percent, more: 'worse' },
  { words: 'From cache', read: (window) => share(window.cached, window), show: percent },
  { words: 'Truncated', read: (window) => share(window.truncated, window), show: percent, more: 'worse' },
  { words: 'Accuracy, estimated', read: ({ accuracyEstimate }) => accuracyEstimate, show: percent, more: 'better' },
  { words: 'Agrees with its challenger', read: ({ agreement }) => agreement, show: percent },
];

interface VersionTableProps {
  readonly versions: readonly VersionView[];
  readonly window: WindowName;
  readonly store: Store;
}

/** What each version did in the window, and how it differs from the one before it. */
export function VersionTable({ versions, window, store }: VersionTableProps): JSX.Element {
  const devices = devicesByVersion(store);
  return (
    <Scroll label="Versions side by side">
      <table class="versions">
        <caption class="hidden">Versions side by side, over {WINDOWS[window].words}</caption>
        <thead>
          <tr>
            <th scope="col">{WINDOWS[window].words}</th>
            {versions.map(({ id, version, digest }) => (
              <th key={id} scope="col" class="number">
                {version} <span class="faint digest">{digest.slice(0, 8)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Devices</th>
            {versions.map(({ id }) => (
              <td key={id} class="number">
                <Link to={hrefOf(['fleet'], { model: id })}>{count(devices.get(id) ?? 0)}</Link>
              </td>
            ))}
          </tr>
          <tr>
            <th scope="row">First seen</th>
            {versions.map(({ id, firstSeenMs }) => (
              <td key={id} class="number">
                {duration(store.nowMs - firstSeenMs)} ago
              </td>
            ))}
          </tr>
          {MEASURES.map((measure) => (
            <tr key={measure.words}>
              <th scope="row">{measure.words}</th>
              {versions.map((version, at) => (
                <td key={version.id} class="number">
                  <Value measure={measure} version={version} before={versions[at + 1]} window={window} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

interface ValueProps {
  readonly measure: Measure;
  readonly version: VersionView;
  readonly before: VersionView | undefined;
  readonly window: WindowName;
}

/** Differences of less are noise to the eye. */
const MIN_CHANGE = 0.02;

function Value({ measure, version, before, window }: ValueProps): JSX.Element {
  const value = measure.read(version.windows[window]);
  if (value === null) return <>–</>;
  const other = before && measure.more ? measure.read(before.windows[window]) : null;
  const change = other === null || other === undefined || other === 0 ? 0 : (value - other) / other;
  if (Math.abs(change) < MIN_CHANGE) return <>{measure.show(value)}</>;
  const isBetter = change > 0 === (measure.more === 'better');
  const words = `${change > 0 ? '▲' : '▼'} ${Math.abs(change * 100).toFixed(0)} %`;
  return (
    <>
      {measure.show(value)}{' '}
      <span
        class={`change ${isBetter ? 'ink-good' : 'ink-bad'}`}
        title={`than the version before: ${isBetter ? 'better' : 'worse'}`}
      >
        {words}
        <span class="hidden"> {isBetter ? 'better' : 'worse'} than the version before</span>
      </span>
    </>
  );
}
