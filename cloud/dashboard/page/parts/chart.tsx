import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { axis, step } from '../state/format.ts';
import { Scroll } from './scroll.tsx';

export interface ChartSeries {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly title: string;
  /** Starts of the steps, ascending, in milliseconds. */
  readonly times: readonly number[];
  readonly stepMs: number;
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  /** A line that means something, such as a bound. */
  /** Values come now and then: they are joined over what lies between. */
  readonly sparse?: boolean;
  readonly bound?: { readonly value: number; readonly words: string } | undefined;
}

/** Told apart without colour too. */
const DASHES: readonly number[][] = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const HEIGHT_REM = 11;

/** Lines over time. What it shows is also in words, and all of it as a table. */
export function Chart({ title, times, stepMs, series, format, sparse = false, bound }: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [cursor, setCursor] = useState<number | null>(null);
  const [open, setOpen] = useState(false);
  const shape = `${series.map(({ label }) => label).join('|')} ${bound?.value ?? ''}`;

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let made: uPlot | undefined;
    const make = (): void => {
      made?.destroy();
      made = new uPlot(
        optionsFor(element, { series, format, sparse, bound }, setCursor),
        dataOf(times, series, bound),
        element,
      );
      plot.current = made;
    };
    make();
    const sizes = new ResizeObserver(() => made?.setSize(sizeOf(element)));
    sizes.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    document.addEventListener('themechange', make);
    scheme.addEventListener('change', make);
    return () => {
      document.removeEventListener('themechange', make);
      scheme.removeEventListener('change', make);
      sizes.disconnect();
      made?.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(dataOf(times, series, bound)), [times, series]);

  const at = cursor ?? lastOf(series);
  const when = times[at];
  return (
    <figure class="chart card">
      <figcaption>
        <h2>{title}</h2>
        <ul class="legend">
          {series.map(({ label, values }, index) => (
            <li key={label} class={`series series-${index}`}>
              <svg class="swatch" viewBox="0 0 24 4" aria-hidden="true">
                <line x1="0" y1="2" x2="24" y2="2" stroke-dasharray={(DASHES[index] ?? []).join(' ')} />
              </svg>
              {label} <b>{words(values[at], format)}</b>
            </li>
          ))}
          {bound && (
            <li class="series-bound">
              <svg class="swatch" viewBox="0 0 24 4" aria-hidden="true">
                <line x1="0" y1="2" x2="24" y2="2" stroke-dasharray="2 4" />
              </svg>
              {bound.words} <b>{format(bound.value)}</b>
            </li>
          )}
          {cursor !== null && when !== undefined && <li class="faint">at {step(when, stepMs)}</li>}
        </ul>
      </figcaption>
      <div class="plot" ref={box} role="img" aria-label={summaryOf(title, series, format)} />
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>{title} as a table</summary>
        {open && <ChartTable title={title} times={times} stepMs={stepMs} series={series} format={format} />}
      </details>
    </figure>
  );
}

function ChartTable({ title, times, stepMs, series, format }: ChartProps): JSX.Element {
  const rows = times
    .map((time, at) => ({ time, values: series.map(({ values }) => values[at] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null && value !== 0))
    .reverse();
  return (
    <Scroll label={`${title}, the numbers`}>
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            {series.map(({ label }) => (
              <th key={label} scope="col" class="number">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ time, values }) => (
            <tr key={time}>
              <th scope="row">{step(time, stepMs)}</th>
              {values.map((value, index) => (
                <td key={series[index]?.label} class="number">
                  {words(value, format)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function words(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value);
}

/** The newest step that has a value. */
function lastOf(series: readonly ChartSeries[]): number {
  return Math.max(0, ...series.map(({ values }) => values.findLastIndex((value) => value !== null)));
}

function summaryOf(title: string, series: readonly ChartSeries[], format: (value: number) => string): string {
  const parts = series.map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return `${label}: no values`;
    return `${label}: now ${words(known.at(-1), format)}, lowest ${format(Math.min(...known))}, highest ${format(Math.max(...known))}`;
  });
  return `${title}. ${parts.join('; ')}.`;
}

function dataOf(
  times: readonly number[],
  series: readonly ChartSeries[],
  bound: ChartProps['bound'],
): uPlot.AlignedData {
  const lines = series.map(({ values }) => [...values]);
  if (bound) lines.push(times.map(() => bound.value));
  return [times.map((time) => time / 1000), ...lines];
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return { width: Math.max(120, element.clientWidth), height: Math.round(rem * HEIGHT_REM) };
}

/** Milliseconds from edge to edge. */
function spanOf({ scales }: uPlot): number {
  return ((scales.x?.max ?? 0) - (scales.x?.min ?? 0)) * 1000;
}

/** A colour of the style sheet as the canvas takes it. */
function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

function optionsFor(
  element: HTMLElement,
  { series, format, sparse, bound }: Pick<ChartProps, 'series' | 'format' | 'sparse' | 'bound'>,
  setCursor: (at: number | null) => void,
): uPlot.Options {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const ink = colourOf(element, '--faint');
  const grid = { stroke: colourOf(element, '--line'), width: 1 };
  const font = `${Math.round(rem * 0.8)}px system-ui, sans-serif`;
  const line = (index: number): uPlot.Series => ({
    stroke: colourOf(element, `--series-${index}`),
    width: 1.75,
    dash: DASHES[index] ?? [],
    points: { show: sparse === true, size: rem / 2.5 },
    spanGaps: sparse === true,
  });
  return {
    ...sizeOf(element),
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { setScale: false, x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, Math.max(max, bound?.value ?? 0, 0.001) * 1.08] } },
    axes: [
      {
        stroke: ink,
        grid: { show: false },
        ticks: { show: false },
        font,
        size: rem * 1.8,
        space: rem * 6,
        values: (self, splits) => splits.map((seconds) => axis(seconds * 1000, spanOf(self))),
      },
      {
        stroke: ink,
        grid,
        ticks: { show: false },
        font,
        size: rem * 4,
        values: (_, splits) => splits.map((value) => format(value)),
      },
    ],
    series: [
      {},
      ...series.map((_, index) => line(index)),
      ...(bound ? [{ stroke: colourOf(element, '--warn'), width: 1, dash: [2, 4], points: { show: false } }] : []),
    ],
    hooks: { setCursor: [(self) => setCursor(self.cursor.idx ?? null)] },
  };
}
