import type { JSX } from 'preact';
import { WINDOW_NAMES, WINDOWS, type WindowName } from '../../wire/windows.ts';
import { type Address, withQuery } from '../state/address.ts';
import { Link } from './link.tsx';

interface ChoiceProps {
  readonly label: string;
  readonly name: string;
  /** Value and words; '' is the one without a place in the address. */
  readonly options: readonly (readonly [string, string])[];
  readonly value: string;
}

/** One of a few, as links: each has an address. */
export function Choice({ label, name, options, value }: ChoiceProps): JSX.Element {
  return (
    <nav class="choice" aria-label={label}>
      {options.map(([option, words]) => (
        <Link key={option} to={withQuery({ [name]: option })} current={option === value}>
          {words}
        </Link>
      ))}
    </nav>
  );
}

export function windowOf({ query }: Address): WindowName {
  return WINDOW_NAMES.find((name) => name === query.get('window')) ?? '15m';
}

export function WindowChoice({ address }: { readonly address: Address }): JSX.Element {
  const options = WINDOW_NAMES.map((name) => [name === '15m' ? '' : name, WINDOWS[name].words] as const);
  const value = windowOf(address);
  return <Choice label="Window of time" name="window" options={options} value={value === '15m' ? '' : value} />;
}
