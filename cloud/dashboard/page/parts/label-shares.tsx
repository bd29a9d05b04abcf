import type { JSX } from 'preact';
import type { VersionView } from '../../wire/frame.ts';
import type { WindowName } from '../../wire/windows.ts';
import { go, withQuery } from '../state/address.ts';
import { count, percent } from '../state/format.ts';
import { sharesOf } from '../state/models.ts';
import { Foreign } from './rows.tsx';
import { Scroll } from './scroll.tsx';

interface LabelSharesProps {
  readonly version: VersionView;
  readonly versions: readonly VersionView[];
  readonly window: WindowName;
  /** '' for the baseline, or the id of another version. */
  readonly against: string;
}

const MAX_LABELS = 24;

/** How often each label was answered, beside the bundle's baseline or another version. */
export function LabelShares({ version, versions, window, against }: LabelSharesProps): JSX.Element {
  const others = versions.filter(({ id }) => id !== version.id);
  const other = others.find(({ id }) => id === against);
  const { baseline } = version;
  const yardstick = other
    ? sharesOf(other, window)
    : baseline && new Map(baseline.labels.map(({ label, share }) => [label, share]));
  const shares = sharesOf(version, window);
  const { answered, labels } = version.windows[window];
  const names = [...new Set([...shares.keys(), ...(yardstick?.keys() ?? [])])]
    .sort(
      (a, b) =>
        Math.max(shares.get(b) ?? 0, yardstick?.get(b) ?? 0) - Math.max(shares.get(a) ?? 0, yardstick?.get(a) ?? 0),
    )
    .slice(0, MAX_LABELS);
  const largest = Math.max(0.01, ...names.flatMap((name) => [shares.get(name) ?? 0, yardstick?.get(name) ?? 0]));
  const yardstickName = other ? other.version : 'baseline';
  return (
    <>
      <label class="pick">
        against{' '}
        <select
          value={other ? against : ''}
          onChange={({ currentTarget }) => go(withQuery({ against: currentTarget.value }))}
        >
          <option value="">baseline of the bundle</option>
          {others.map(({ id, version: words, digest }) => (
            <option key={id} value={id}>
              version {words} ({digest.slice(0, 8)})
            </option>
          ))}
        </select>
      </label>
      {!yardstick && (
        <p class="faint">
          The baseline is in the bundle's manifest: start the page with <code>--bundle FOLDER</code> to see it beside.
        </p>
      )}
      {names.length === 0 ? (
        <p class="faint">No answers in this window.</p>
      ) : (
        <Scroll label="Label shares" tall>
          <table class="label-shares">
            <caption class="hidden">
              Label shares of {version.version} beside {yardstickName}
            </caption>
            <thead>
              <tr>
                <th scope="col">Label</th>
                <th scope="col" class="bars">
                  <span class="hidden">Shares as bars</span>
                  <span aria-hidden="true">
                    ▬ {version.version} {yardstick && <span class="faint">┃ {yardstickName}</span>}
                  </span>
                </th>
                <th scope="col" class="number">
                  Share
                </th>
                {yardstick && (
                  <>
                    <th scope="col" class="number">
                      {yardstickName}
                    </th>
                    <th scope="col" class="number">
                      Points
                    </th>
                  </>
                )}
              </tr>
            </thead>
            <tbody>
              {names.map((name) => (
                <Row
                  key={name}
                  name={name}
                  share={shares.get(name) ?? 0}
                  expected={yardstick ? (yardstick.get(name) ?? 0) : undefined}
                  largest={largest}
                />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <p class="faint">
        {count(answered)} answers
        {labels.length > names.length ? `; the ${names.length} most frequent labels` : ''}
        {baseline && !other ? `; baseline of ${count(baseline.sampleCount)} samples` : ''}
      </p>
    </>
  );
}

interface RowProps {
  readonly name: string;
  readonly share: number;
  readonly expected: number | undefined;
  readonly largest: number;
}

/** Points of a hundred that are worth a mark. */
const MARKED_POINTS = 5;

function Row({ name, share, expected, largest }: RowProps): JSX.Element {
  const points = expected === undefined ? 0 : (share - expected) * 100;
  const mark = Math.abs(points) < MARKED_POINTS ? '' : points > 0 ? ' ▲' : ' ▼';
  return (
    <tr>
      <th scope="row">
        <Foreign words={name === '' ? '(none)' : name} />
      </th>
      <td class="bars" aria-hidden="true">
        <span class="track">
          <span class="fill" style={{ width: `${(share / largest) * 100}%` }} />
          {expected !== undefined && <span class="tick" style={{ left: `${(expected / largest) * 100}%` }} />}
        </span>
      </td>
      <td class="number">{percent(share)}</td>
      {expected !== undefined && (
        <>
          <td class="number faint">{percent(expected)}</td>
          <td class={`number ${mark === '' ? '' : 'strong'}`}>
            {points >= 0 ? '+' : '−'}
            {Math.abs(points).toFixed(1)}
            {mark}
          </td>
        </>
      )}
    </tr>
  );
}
