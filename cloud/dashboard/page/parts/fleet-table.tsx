// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys of all rows are heard by their group
// biome-ignore-all lint/a11y/useSemanticElements: rows are placed one by one as they are seen, which a table's rows can't be
// biome-ignore-all lint/a11y/useFocusableInteractive: rows take the focus, cells don't
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { deviceKey } from '../../wire/frame.ts';
import { go, hrefOf, withQuery } from '../state/address.ts';
import { COLUMNS, type Column, type ListedDevice } from '../state/fleet-columns.ts';
import { Badge } from './badge.tsx';

/** Rows drawn beyond those that are seen. */
const SPARE_ROWS = 10;
const HEAD_ROWS = 1;

interface FleetTableProps {
  readonly rows: readonly ListedDevice[];
  readonly sort: string;
}

/**
 * A grid of which only the rows that are seen exist. One row at a time can be reached by Tab; the arrows, Page Up and Down,
 * Home and End move it, Enter opens the device.
 */
export function FleetTable({ rows, sort }: FleetTableProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800, rowHeight: 32 });
  const [activeKey, setActiveKey] = useState('');
  /** Key of the row that gets the focus as soon as it is drawn. */
  const wanted = useRef('');
  const found = rows.findIndex((row) => deviceKey(row) === activeKey);
  const active = found === -1 ? 0 : found;

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = (): void => {
      const rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) * remOf();
      setView({ top: element.scrollTop, height: element.clientHeight, rowHeight });
    };
    const sizes = new ResizeObserver(measure);
    sizes.observe(element);
    measure();
    return () => sizes.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (wanted.current === '' || wanted.current !== activeKey) return;
    wanted.current = '';
    box.current?.querySelector<HTMLElement>('[data-active]')?.focus({ preventScroll: true });
  });

  const { top, height, rowHeight } = view;
  const first = Math.max(0, Math.floor(top / rowHeight) - SPARE_ROWS);
  const last = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + SPARE_ROWS);
  const shown = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at);
  if (active < first || active >= last) shown.push(active); // it keeps the focus, wherever it is

  function move(to: number): void {
    const element = box.current;
    const at = Math.min(rows.length - 1, Math.max(0, to));
    const row = rows[at];
    if (element === null || row === undefined) return;
    const room = element.clientHeight - rowHeight * (HEAD_ROWS + 1);
    if (at * rowHeight < element.scrollTop) element.scrollTop = at * rowHeight;
    else if (at * rowHeight > element.scrollTop + room) element.scrollTop = at * rowHeight - room;
    wanted.current = deviceKey(row);
    setActiveKey(wanted.current);
  }
  function onKey(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(height / rowHeight) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows.length - 1,
    };
    const to = steps[event.key];
    const row = rows[active];
    if (to !== undefined) move(to);
    else if (event.key === 'Enter' && row !== undefined) go(hrefOf(['device', row.fleet, row.thing]));
    else return;
    event.preventDefault();
  }

  return (
    <div
      class="fleet-table card"
      ref={box}
      role="grid"
      aria-label="Devices"
      aria-rowcount={rows.length + HEAD_ROWS}
      aria-colcount={COLUMNS.length}
      onScroll={({ currentTarget }) =>
        setView((before) => ({ ...before, top: currentTarget.scrollTop, height: currentTarget.clientHeight }))
      }
    >
      <div role="rowgroup" class="fleet-head">
        <div role="row" class="fleet-row" aria-rowindex={1}>
          {COLUMNS.map((column) => (
            <Head key={column.key} column={column} sort={sort} />
          ))}
        </div>
      </div>
      <div role="rowgroup" class="fleet-body" style={{ height: `${rows.length * rowHeight}px` }} onKeyDown={onKey}>
        {shown.map((at) => {
          const row = rows[at];
          if (row === undefined) return null;
          const key = deviceKey(row);
          return (
            <div
              key={key}
              role="row"
              class="fleet-row"
              aria-rowindex={at + HEAD_ROWS + 1}
              tabIndex={at === active ? 0 : -1}
              {...(at === active ? { 'data-active': '' } : {})}
              style={{ transform: `translateY(${at * rowHeight}px)` }}
              onFocus={() => setActiveKey(key)}
              onClick={() => go(hrefOf(['device', row.fleet, row.thing]))}
            >
              {COLUMNS.map((column) => (
                <Cell key={column.key} column={column} row={row} />
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Head({ column, sort }: { readonly column: Column; readonly sort: string }): JSX.Element {
  const { key, words } = column;
  const direction = sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none';
  // Numbers are asked for from the top, names from A.
  const next = direction === 'none' ? (column.number ? `-${key}` : key) : direction === 'ascending' ? `-${key}` : key;
  return (
    <div role="columnheader" class={classOf(column)} aria-sort={direction}>
      <button type="button" onClick={() => go(withQuery({ sort: next }))}>
        {words}
        <span aria-hidden="true">{direction === 'none' ? '' : direction === 'ascending' ? ' ▲' : ' ▼'}</span>
      </button>
    </div>
  );
}

function Cell({ column, row }: { readonly column: Column; readonly row: ListedDevice }): JSX.Element {
  const text = column.text(row);
  return (
    <div role="gridcell" class={classOf(column)} title={column.number ? '' : text} data-label={column.words}>
      {column.key === 'state' ? <Badge of={row.shown} /> : text}
    </div>
  );
}

function classOf({ key, number, roomy }: Column): string {
  return `cell cell-${key} roomy-${roomy}${number ? ' number' : ''}`;
}

function remOf(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}
