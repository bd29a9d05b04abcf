/** Texts of one life of a device, in the order in which its nucleus handed them over. */
interface Life {
  readonly delivered: readonly string[];
  /** Those that its journal held when it was killed. */
  readonly journalled: ReadonlySet<string>;
}

/**
 * Which texts a device accepted, seen from outside. It writes commands down in the order in which they come, so whatever
 * came before one that it had (it was in the journal of the corpse, or was answered sooner or later) it had, too.
 */
export class Accepted {
  readonly #lives: Life[] = [];
  #delivered: string[] = [];

  deliver(payload: Uint8Array): void {
    this.#delivered.push(...textIds(payload));
  }

  /** The life ends; the next begins. @param journal payloads of the commands that it held */
  kill(journal: readonly Uint8Array[]): void {
    this.#lives.push({ delivered: this.#delivered, journalled: new Set(journal.flatMap(textIds)) });
    this.#delivered = [];
  }

  /** Accepted texts without an answer, those of the life that still lives included. */
  lost(answered: ReadonlySet<string>): string[] {
    const lives = [...this.#lives, { delivered: this.#delivered, journalled: new Set<string>() }];
    return lives.flatMap(({ delivered, journalled }) => {
      const last = delivered.findLastIndex((id) => journalled.has(id) || answered.has(id));
      return delivered.slice(0, last + 1).filter((id) => !answered.has(id));
    });
  }
}

function textIds(payload: Uint8Array): string[] {
  const command = JSON.parse(Buffer.from(payload).toString('utf8')) as { texts: { id: string }[] }; // what Load sends
  return command.texts.map(({ id }) => id);
}
