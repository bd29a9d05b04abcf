import { once } from 'node:events';
import { createLogUpdate } from 'log-update';
import { consume } from '../consumer/consume.ts';
import type { Consumer } from '../consumer/consumer.ts';
import { brokerOptionSpecs, readBrokerOptions } from './broker-options.ts';
import type { Command } from './command.ts';
import { integerOption, numberOption } from './options.ts';
import { describeItem, itemToJson } from './watch/describe-item.ts';
import { countsInWords, quantity, renderFrame } from './watch/render-frame.ts';
import { Tally } from './watch/tally.ts';

const REDRAW_MS = 250;

export const watchCommand: Command = {
  name: 'watch',
  summary: 'Show results as they arrive from a broker: a live table, or a line each',
  arguments: [],
  options: [
    ...brokerOptionSpecs,
    { flags: '--count <count>', description: 'stop after so many results' },
    { flags: '--for <seconds>', description: 'stop after so long' },
  ],
  jsonDescription: 'JSON Lines: one JSON document per line for every result, health, event, gap and malformed message',
  examples: [
    'verge watch --broker mqtt://127.0.0.1:1883',
    'verge watch --broker mqtts://broker.example --user ops --password-file password --fleet bakeries',
    'verge watch --broker mqtt://127.0.0.1:1883 --json --count 100 > results.jsonl',
  ],
  async run({ options, json, stdout, stderr, signal }) {
    const count = integerOption(options.count, '--count', 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY;
    const seconds = numberOption(options.for, '--for', 0.001, 2_000_000);
    const stop = new AbortController();
    const onStop = (): void => stop.abort();
    const brokerOptions = await readBrokerOptions(options);
    const consumer = consume({ ...brokerOptions, streams: ['result', 'health', 'event'], signal: stop.signal });
    const tally = new Tally(Date.now());
    const timer = seconds === undefined ? undefined : setTimeout(onStop, seconds * 1000);
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    const terminal = !json && (stdout as NodeJS.WriteStream).isTTY === true; // only a terminal's stream has the field
    const screen = terminal
      ? startScreen(stdout as NodeJS.WriteStream, tally, consumer, hostOf(brokerOptions.broker)) // `terminal` says so
      : undefined;
    try {
      for await (const item of consumer) {
        tally.add(item, Date.now());
        if (!screen && !stdout.write(`${json ? itemToJson(item) : describeItem(item)}\n`)) {
          await once(stdout, 'drain', { signal: stop.signal }).catch(onStop);
        }
        if (tally.results >= count) {
          item.ack();
          break;
        }
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onStop);
      screen?.stop();
      await consumer.close();
    }
    const watched = ((Date.now() - tally.startedMs) / 1000).toFixed(1);
    const words = `${countsInWords(tally, consumer.counts)} · ${quantity(tally.thingCount, 'thing')} in ${watched} s\n`;
    (terminal ? stdout : stderr).write(words);
  },
};

/** Draws the live table until it is stopped; the last frame stays. */
function startScreen(
  stdout: NodeJS.WriteStream,
  tally: Tally,
  consumer: Consumer,
  broker: string,
): { readonly stop: () => void } {
  const draw = createLogUpdate(stdout);
  const redraw = (): void => {
    const { columns = 80, rows = 24 } = stdout;
    draw(renderFrame(tally, consumer.counts, { broker, columns, rows, nowMs: Date.now() }));
  };
  const timer = setInterval(redraw, REDRAW_MS);
  redraw();
  return {
    stop() {
      clearInterval(timer);
      redraw();
      draw.done();
    },
  };
}

/** Scheme, host and port of a broker, without its credentials. */
function hostOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
