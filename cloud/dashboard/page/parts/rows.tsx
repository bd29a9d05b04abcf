import type { JSX } from 'preact';
import { deviceKey, type EventRow, type ResultRow, type SampleRow } from '../../wire/frame.ts';
import { hrefOf } from '../state/address.ts';
import { milliseconds, modelWords, moment } from '../state/format.ts';
import { Badge } from './badge.tsx';
import { Link } from './link.tsx';
import { Scroll } from './scroll.tsx';

/** What a sender wrote: its own direction of writing ends with it. */
export function Foreign({ words }: { readonly words: string }): JSX.Element {
  return <bdi>{words}</bdi>;
}

export function DeviceLink({ fleet, thing }: { readonly fleet: string; readonly thing: string }): JSX.Element {
  if (thing === '') return <>–</>;
  return (
    <Link class="device-link" to={hrefOf(['device', fleet, thing])} title={deviceKey({ fleet, thing })}>
      {thing}
    </Link>
  );
}

interface TableProps<Row> {
  readonly rows: readonly Row[];
  readonly nowMs: number;
  readonly caption: string;
  readonly withDevice?: boolean;
}

/** The first columns of every table of messages. */
function WhenAndWhereHeads({ withDevice }: { readonly withDevice: boolean }): JSX.Element {
  return (
    <>
      <th scope="col">Time</th>
      {withDevice && <th scope="col">Thing</th>}
    </>
  );
}

interface WhenAndWhereProps {
  readonly row: ResultRow | EventRow;
  readonly nowMs: number;
  readonly withDevice: boolean;
}

function WhenAndWhere({ row, nowMs, withDevice }: WhenAndWhereProps): JSX.Element {
  return (
    <>
      <td class="time">{moment(row.atMs, nowMs)}</td>
      {withDevice && (
        <td>
          <DeviceLink {...row} />
        </td>
      )}
    </>
  );
}

export function ResultTable({ rows, nowMs, caption, withDevice = true }: TableProps<ResultRow>): JSX.Element {
  const withText = rows.some(({ text }) => text !== '');
  return (
    <Scroll label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            <WhenAndWhereHeads withDevice={withDevice} />
            <th scope="col">Label</th>
            <th scope="col" class="number">
              Score
            </th>
            <th scope="col" class="roomy">
              Next best
            </th>
            <th scope="col" class="number">
              Latency
            </th>
            <th scope="col">Marks</th>
            {withText && <th scope="col">Text</th>}
            <th scope="col" class="roomy">
              Request
            </th>
            <th scope="col" class="roomy">
              Model
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <WhenAndWhere row={row} nowMs={nowMs} withDevice={withDevice} />
              {row.error === '' ? (
                <td class="strong">
                  <Foreign words={row.label === '' ? '(none)' : row.label} />
                </td>
              ) : (
                <td class="wide">
                  <Foreign words={row.error} />
                </td>
              )}
              <td class="number">{row.error === '' ? row.score.toFixed(3) : '–'}</td>
              <td class="roomy faint">
                <Foreign words={row.other} />
              </td>
              <td class="number">{milliseconds(row.latencyMs)}</td>
              <td>
                {row.flags.map((flag) => (
                  <Badge key={flag} of={flag} />
                ))}
              </td>
              {withText && (
                <td class="wide">
                  <Foreign words={row.text} />
                </td>
              )}
              <td class="roomy faint">
                <Foreign words={row.requestId} />
              </td>
              <td class="roomy faint">{modelWords(row.model)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function EventTable({ rows, nowMs, caption, withDevice = true }: TableProps<EventRow>): JSX.Element {
  return (
    <Scroll label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            <WhenAndWhereHeads withDevice={withDevice} />
            <th scope="col">What</th>
            <th scope="col">In words</th>
            <th scope="col" class="roomy">
              Model
            </th>
            <th scope="col" class="roomy">
              Code
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <WhenAndWhere row={row} nowMs={nowMs} withDevice={withDevice} />
              <td>
                <Badge of={row.severity} words={row.name} />
              </td>
              <td class="wide">
                <Foreign words={row.message} />
              </td>
              <td class="roomy faint">{row.model}</td>
              <td class="roomy faint">{row.code}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function SampleTable({ rows, nowMs, caption, withDevice = true }: TableProps<SampleRow>): JSX.Element {
  return (
    <Scroll label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Text</th>
            <th scope="col">Answered</th>
            <th scope="col" class="number">
              Score
            </th>
            <th scope="col">Why</th>
            {withDevice && <th scope="col">Thing</th>}
            <th scope="col" class="roomy">
              Model
            </th>
            <th scope="col">Time</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td class="wide strong">
                <Foreign words={row.text} />
              </td>
              <td>
                <Foreign words={row.label} />
              </td>
              <td class="number">{row.score.toFixed(3)}</td>
              <td class="faint">{row.reason.replaceAll('-', ' ')}</td>
              {withDevice && (
                <td>
                  <DeviceLink {...row} />
                </td>
              )}
              <td class="roomy faint">{modelWords(row.model)}</td>
              <td class="time">{moment(row.atMs, nowMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
