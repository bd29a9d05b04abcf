import ora from 'ora';

/** Shows what a long command is doing: a spinner on a terminal, one plain line for each step in a log. */
export interface Progress {
  /** Tells of a step, with how far it is where that can be counted. */
  update(step: string, done?: number, total?: number): void;
  /** Tells of how far a step is in words of its own; in a log at most every ten seconds. */
  note(step: string, words: string): void;
  /** Ends the display; call it whatever happens. */
  stop(): void;
}

const NOTE_EVERY_MS = 10_000;

export function startProgress(stream: NodeJS.WritableStream): Progress {
  const terminal = (stream as NodeJS.WriteStream).isTTY === true; // only a terminal's stream has the field
  const spinner = terminal ? ora({ stream: stream as NodeJS.WriteStream, discardStdin: false }) : undefined;
  let current = '';
  let notedAt = performance.now();
  return {
    update(step, done, total) {
      const counted =
        done !== undefined && total !== undefined && total > 0 ? ` ${Math.floor((done / total) * 100)} %` : '';
      if (spinner) {
        if (!spinner.isSpinning) spinner.start();
        spinner.text = `${step}${counted}`;
      } else if (step !== current) {
        stream.write(`${step} …\n`);
      }
      current = step;
    },
    note(step, words) {
      this.update(step);
      if (spinner) spinner.text = `${step} ${words}`;
      else if (performance.now() - notedAt >= NOTE_EVERY_MS) {
        stream.write(`${step} ${words}\n`);
        notedAt = performance.now();
      }
    },
    stop() {
      spinner?.stop();
    },
  };
}
