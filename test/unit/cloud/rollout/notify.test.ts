import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeNotifier } from '../../../../cloud/rollout/notify.ts';
import { stateExample } from '../../../../cloud/rollout/state.ts';

const news = [
  {
    at: '2026-05-04T09:00:00.000Z',
    by: 'arn:aws:iam::1:user/ada',
    what: 'failed',
    words: 'Wave canary failed.',
    wave: 'canary',
  },
];

/** Answers with each status in turn. */
async function webhook(...statuses: number[]): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(await text(request));
    response.writeHead(statuses[bodies.length - 1] ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hook`, bodies };
}

describe('a notification', () => {
  it('is posted as JSON, again after a failure', async () => {
    const { url, bodies } = await webhook(500, 200);
    const notifier = makeNotifier({ to: [url], publish: async () => undefined, retryMs: 1 });

    notifier.tell(stateExample, news);
    await notifier.flush();

    expect(bodies).toHaveLength(2);
    expect(JSON.parse(bodies[1] ?? '')).toMatchObject({
      rollout: 'intents-1-1-0',
      phase: 'running',
      what: 'failed',
      words: 'Wave canary failed.',
    });
  });

  it('is given up after some tries, and says so without holding the rollout up', async () => {
    const { url, bodies } = await webhook(500, 500, 500, 500, 500);
    const said: string[] = [];
    const notifier = makeNotifier({
      to: [url],
      publish: async () => undefined,
      retryMs: 1,
      onFailure: (words) => said.push(words),
    });

    notifier.tell(stateExample, news);
    await notifier.flush();

    expect(bodies).toHaveLength(4);
    expect(said).toEqual([expect.stringMatching(/was not told: Error: it answered 500$/)]);
  });

  it('goes to an SNS topic with a subject', async () => {
    const sent: string[][] = [];
    const notifier = makeNotifier({
      to: ['arn:aws:sns:eu-west-1:123456789012:ops'],
      publish: async (...parts) => void sent.push(parts),
    });

    notifier.tell(stateExample, [
      ...news,
      { at: '2026-05-04T09:00:00.000Z', by: 'x', what: 'gate-pass', words: 'not worth a message' },
    ]);
    await notifier.flush();

    expect(sent).toEqual([
      [
        'arn:aws:sns:eu-west-1:123456789012:ops',
        'Rollout intents-1-1-0: failed',
        expect.stringContaining('user/ada: Wave canary failed.'),
      ],
    ]);
  });

  it.each(['http://example.com/hook', 'ftp://x', 'arn:aws:s3:::x', ''])('goes nowhere else: %s', (address) => {
    const make = (): unknown => makeNotifier({ to: [address], publish: async () => undefined });

    expect(make).toThrow(/is no address for notifications/);
  });

  it('is not sent to an address with a password, which no message shows', () => {
    const make = (): unknown =>
      makeNotifier({ to: ['https://ada:geheim@hooks.example/x'], publish: async () => undefined });

    expect(make).toThrow(/^(?!.*geheim).*hooks\.example/s);
  });
});
