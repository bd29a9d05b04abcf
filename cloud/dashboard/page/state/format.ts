/** Numbers, times and durations as the page writes them, everywhere alike. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

const DAY_MS = 86_400_000;

export function count(value: number): string {
  return whole.format(value);
}

export function quantity(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond < 10) return String(Number(perSecond.toFixed(1)));
  return count(perSecond);
}

export function milliseconds(ms: number): string {
  if (ms === 0) return '–';
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  return ms < 10_000 ? `${count(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

export function bytes(size: number): string {
  if (size === 0) return '–';
  return `${count(size / 1_048_576)} MB`;
}

/** The time of day, with the day where it is another one. */
export function moment(atMs: number, nowMs: number): string {
  const time = clock.format(atMs);
  return isSameDay(atMs, nowMs) ? time : `${day.format(atMs)}, ${minute.format(atMs)}`;
}

/** The same for a step of a chart. */
export function step(atMs: number, stepMs: number): string {
  if (stepMs < 60_000) return clock.format(atMs);
  return stepMs < 3_600_000 ? minute.format(atMs) : `${day.format(atMs)}, ${minute.format(atMs)}`;
}

function isSameDay(a: number, b: number): boolean {
  return Math.abs(a - b) < DAY_MS && new Date(a).getDate() === new Date(b).getDate();
}

/** Name and version of a version's id; the digest only helps to tell two of them apart. */
export function modelWords(id: string): string {
  const [name = '', version = ''] = id.split(' ');
  return `${name} ${version}`;
}

/** A moment on the axis of a chart. */
export function axis(atMs: number, spanMs: number): string {
  return spanMs > 2 * DAY_MS ? day.format(atMs) : minute.format(atMs);
}
