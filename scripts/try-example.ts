import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { connectAsync } from 'mqtt';
import { startBroker } from '../cloud/local/broker/broker.ts';
import { messageExamples } from '../component/contract/envelope.ts';
import type { Result } from '../component/contract/result.ts';

// try-example PROGRAM WORDS… : starts an embedded broker and the program (HOST and PORT stand for the broker's), sends the contract's
// example of a result message twice, and a third message to know the end by; sees that each answer is printed once.

const [program = '', ...words] = process.argv.slice(2);
const broker = await startBroker({ port: 0, host: '127.0.0.1' });
const { hostname, port } = new URL(broker.url);
const place: Readonly<Record<string, string>> = { HOST: hostname, PORT: port, BROKER: broker.url };
const child = spawn(
  program,
  words.map((word) => place[word] ?? word),
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { source, id, data } = messageExamples.result;
  const publisher = await connectAsync(broker.url);
  const last = { ...messageExamples.result, id: `${id}0`, data: { ...data, seq: data.seq * 10 } };
  // The session begins when the program subscribes: until a first line comes, the message is sent again, which is the point.
  const again = setInterval(
    () => void publisher.publishAsync(source, JSON.stringify(messageExamples.result), { qos: 1 }),
    200,
  );
  const printed: string[] = [];
  const answers = data.results.filter((result: Result) => 'label' in result).length;
  for (let count = 0; count < answers; count++) printed.push(String((await lines.next()).value));
  clearInterval(again);
  await publisher.publishAsync(source, JSON.stringify(last), { qos: 1 });
  for (let count = 0; count < answers; count++) printed.push(String((await lines.next()).value));
  await publisher.endAsync();
  const expected = [id, last.id].flatMap((message) =>
    data.results.flatMap((result: Result, index) =>
      'label' in result ? [`${message}:${index} ${result.label} ${result.score}`] : [],
    ),
  );
  if (JSON.stringify(printed) !== JSON.stringify(expected)) {
    process.stderr.write(`try-example: expected\n${expected.join('\n')}\nbut it printed\n${printed.join('\n')}\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write(`${printed.length} answers, each once.\n`);
  }
} finally {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
  await broker.close();
}
