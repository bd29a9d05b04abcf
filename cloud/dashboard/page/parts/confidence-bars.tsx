import type { JSX } from 'preact';
import type { VersionView } from '../../wire/frame.ts';
import type { WindowName } from '../../wire/windows.ts';
import { percent } from '../state/format.ts';

/** Best scores in ten equal bins, beside the baseline where it is known. */
export function ConfidenceBars({
  version,
  window,
}: {
  readonly version: VersionView;
  readonly window: WindowName;
}): JSX.Element {
  const { confidence } = version.windows[window];
  const expected = version.baseline?.confidence ?? null;
  const total = confidence.reduce((sum, count) => sum + count, 0);
  const shares = confidence.map((count) => (total === 0 ? 0 : count / total));
  const largest = Math.max(0.01, ...shares, ...(expected ?? []));
  return (
    <table class="label-shares">
      <caption class="hidden">Best scores of {version.version}</caption>
      <thead>
        <tr>
          <th scope="col">Score</th>
          <th scope="col" class="bars">
            <span class="hidden">Shares as bars</span>
          </th>
          <th scope="col" class="number">
            Share
          </th>
          {expected && (
            <th scope="col" class="number">
              Baseline
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {shares
          .map((share, bin) => (
            <tr key={`bin ${bin / 10}`}>
              <th scope="row">
                {(bin / 10).toFixed(1)}–{((bin + 1) / 10).toFixed(1)}
              </th>
              <td class="bars" aria-hidden="true">
                <span class="track">
                  <span class="fill" style={{ width: `${(share / largest) * 100}%` }} />
                  {expected && <span class="tick" style={{ left: `${((expected[bin] ?? 0) / largest) * 100}%` }} />}
                </span>
              </td>
              <td class="number">{percent(share)}</td>
              {expected && <td class="number faint">{percent(expected[bin] ?? 0)}</td>}
            </tr>
          ))
          .reverse()}
      </tbody>
    </table>
  );
}
