import type { Consumer } from '../../cloud/consumer/consumer.ts';

/** What came to the consumer, held against what was sent. */
export class Answers {
  /** Ids of results, each of which may come only once. */
  readonly ids = new Set<string>();
  /** Texts that have a result, by the id that their sender gave them. */
  readonly texts = new Set<string>();
  results = 0;
  failed = 0;
  replays = 0;
  malformed = 0;
  /** Times that a runtime said that it serves. */
  starts = 0;
  readonly #waiting = new Set<() => void>();

  /** Reads until the consumer is closed. */
  async follow(consumer: Consumer): Promise<void> {
    for await (const item of consumer) {
      if (item.kind === 'result') {
        this.results++;
        this.ids.add(item.id);
        this.texts.add(item.requestId);
        if (!item.answered) this.failed++;
        if (item.replay) this.replays++;
      }
      if (item.kind === 'event' && item.data.name === 'runtime-started') this.starts++;
      if (item.kind === 'malformed') this.malformed++;
      for (const look of [...this.#waiting]) look();
    }
  }

  /** Resolves when what has come satisfies, or with false when the signal says that it is time. */
  until(satisfied: () => boolean, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (outcome: boolean): void => {
        this.#waiting.delete(look);
        signal.removeEventListener('abort', giveUp);
        resolve(outcome);
      };
      const look = (): void => {
        if (satisfied()) end(true);
      };
      const giveUp = (): void => end(false);
      this.#waiting.add(look);
      signal.addEventListener('abort', giveUp);
      if (signal.aborted) end(false);
      else look();
    });
  }
}
