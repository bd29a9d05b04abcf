/** The newest rows of a kind, found by id so that a copy is not shown twice. */
export class Recent<Row extends { readonly serial: number; readonly id: string; readonly atMs: number }> {
  readonly #limit: number;
  /** The oldest first. */
  readonly #rows: Row[] = [];
  readonly #ids = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False where a row of this id is among them. */
  add(row: Row): boolean {
    if (this.#ids.has(row.id)) return false;
    this.#ids.add(row.id);
    this.#rows.push(row);
    if (this.#rows.length > this.#limit * 1.25) {
      for (const { id } of this.#rows.splice(0, this.#rows.length - this.#limit)) this.#ids.delete(id);
    }
    return true;
  }

  /** Those added after the serial, the newest last and no more than the limit. */
  since(serial: number): readonly Row[] {
    const rows = this.#rows;
    let from = rows.length;
    while (from > 0 && (rows[from - 1]?.serial ?? 0) > serial) from--;
    return rows.slice(Math.max(from, rows.length - this.#limit));
  }
}
