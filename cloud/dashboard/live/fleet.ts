import { type DeviceRow, deviceKey } from '../wire/frame.ts';
import { Device } from './device.ts';
import type { Revision } from './revision.ts';

/** Devices remembered at once; the one unheard of for longest makes room. */
const MAX_DEVICES = 20_000;
/** Devices forgotten that a page can still be told of by name; one that was away for longer starts anew. */
const MAX_GONE = 1_000;

/** Every device that was heard of, within a bound. */
export class Fleet {
  readonly #revision: Revision;
  readonly #maxDevices: number;
  readonly #devices = new Map<string, Device>();
  readonly #gone: { readonly key: string; readonly revision: number }[] = [];
  #goneKnownSince = 0;
  forgotten = 0;

  constructor(revision: Revision, maxDevices = MAX_DEVICES) {
    this.#revision = revision;
    this.#maxDevices = maxDevices;
  }

  get size(): number {
    return this.#devices.size;
  }

  find(key: string): Device | undefined {
    return this.#devices.get(key);
  }

  /** The device of that place, made where it is new; it was heard at that moment. */
  heard(fleet: string, thing: string, atMs: number): Device {
    const key = deviceKey({ fleet, thing });
    let device = this.#devices.get(key);
    if (device === undefined) {
      if (this.#devices.size >= this.#maxDevices) this.#forgetOldest();
      device = new Device(fleet, thing);
    } else this.#devices.delete(key); // the last entry is the one heard of most recently
    this.#devices.set(key, device);
    if (device.heard(atMs)) this.changed(device);
    return device;
  }

  changed(device: Device): void {
    device.revision = this.#revision.next();
  }

  rows(): DeviceRow[] {
    return [...this.#devices.values()].map((device) => device.row());
  }

  changedSince(revision: number): DeviceRow[] {
    const rows: DeviceRow[] = [];
    for (const device of this.#devices.values()) if (device.revision > revision) rows.push(device.row());
    return rows;
  }

  /** Keys forgotten after the revision; undefined where that is too long ago to be known. */
  goneSince(revision: number): string[] | undefined {
    if (revision < this.#goneKnownSince) return undefined;
    return this.#gone.filter((entry) => entry.revision > revision).map(({ key }) => key);
  }

  #forgetOldest(): void {
    const [oldest] = this.#devices.keys();
    if (oldest === undefined) return;
    this.#devices.delete(oldest);
    this.forgotten++;
    this.#gone.push({ key: oldest, revision: this.#revision.next() });
    if (this.#gone.length > MAX_GONE) this.#goneKnownSince = this.#gone.shift()?.revision ?? 0;
  }
}
