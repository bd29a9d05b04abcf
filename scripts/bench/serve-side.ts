import { readFileSync } from 'node:fs';
import type { FirstAnswer, RoundReply, RoundRequest, SideOptions } from './protocol.ts';

/** One of the two that are compared, opened and ready. */
export interface Side {
  one(text: string): Promise<string>;
  many(texts: readonly string[]): Promise<string[]>;
  close(): Promise<void>;
}

/** The life of a side's process: opens, then answers rounds as the parent asks for them, until it hangs up. */
export async function serveSide(open: (options: SideOptions) => Promise<Side>): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '{}') as SideOptions; // written by the parent, which is us
  const texts = JSON.parse(readFileSync(options.texts, 'utf8')) as string[]; // checked by the parent
  const side = await open(options);
  if (options.firstAnswerOnly) {
    const answer: FirstAnswer = { label: await side.one(texts[0] ?? ''), cpuMs: cpuMs(process.cpuUsage()) };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    await side.close();
    process.exit(0); // the peer keeps its process alive
  }
  process.on('message', (request: RoundRequest) => {
    void answer(side, texts.slice(request.from, request.to), request.mode).then((reply) => process.send?.(reply));
  });
  process.on('disconnect', () => void side.close().then(() => process.exit(0)));
  process.send?.('ready');
}

async function answer(side: Side, texts: readonly string[], mode: RoundRequest['mode']): Promise<RoundReply> {
  const labels: string[] = [];
  const latenciesMs: number[] = [];
  const usage = process.cpuUsage();
  const started = performance.now();
  if (mode === 'one') {
    for (const text of texts) {
      const asked = performance.now();
      labels.push(await side.one(text));
      latenciesMs.push(performance.now() - asked);
    }
  } else {
    labels.push(...(await side.many(texts)));
  }
  const wallMs = performance.now() - started;
  return {
    cpuMs: cpuMs(process.cpuUsage(usage)),
    wallMs,
    labels,
    latenciesMs,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function cpuMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}
