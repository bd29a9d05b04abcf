import { consume } from 'verge/consumer';

// node consume.js mqtt://localhost:1883    One line for each result, exactly once, until it is stopped.
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

for await (const item of consume({
  broker: process.argv[2] ?? 'mqtt://localhost:1883',
  user: process.env.BROKER_USER,
  password: process.env.BROKER_PASSWORD,
  clientId: 'results-to-log', // the broker keeps what comes while we are away
  signal: stop.signal,
})) {
  if (item.kind === 'result' && item.answered) console.log(item.id, item.label, item.score);
  if (item.kind === 'gap') console.warn(`${item.missing} messages of ${item.thing} are missing`);
}
