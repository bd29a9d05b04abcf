import { describe, expect, it, onTestFinished } from 'vitest';
import { readMessage } from '../../../../component/contract/read-message.ts';
import { DropReport } from '../../../../component/monitor/drop-report.ts';
import { Heartbeat, lastWill } from '../../../../component/monitor/heartbeat.ts';
import { Observations } from '../../../../component/monitor/observations.ts';
import { FakeLink } from '../../../support/fake-link.ts';

const source = {
  place: { fleet: 'bakeries', thing: 'oven-17' },
  boot: 'mfq2k0a1x7c9',
  runtimeVersion: '0.1.0',
  startedAt: new Date('2026-05-04T09:00:00Z'),
  heartbeatSeconds: 60,
};
const topic = 'dt/verge/bakeries/oven-17/health';

function heartbeat(link: FakeLink): Heartbeat {
  let seq = 0;
  const counts = { published: 7, dropped: 4, droppedBy: { full: 4, age: 0, refused: 0, corrupt: 0 } };
  const made = new Heartbeat({
    source,
    link,
    now: () => new Date('2026-05-04T09:00:30Z'),
    nextSeq: () => ++seq,
    models: () => [],
    queue: () => ({ pending: 3, limit: 10 }),
    outbox: () => ({ results: 1, messages: 2, bytes: 300, oldestSeconds: 1.2345, ...counts }),
    observations: new Observations(),
  });
  onTestFinished(() => made.stop());
  return made;
}

describe('Heartbeat', () => {
  it('speaks with every connection, and counts the later ones as reconnects', () => {
    const link = new FakeLink();
    link.automatic = true;
    heartbeat(link);

    link.become('connected');
    link.become('waiting');
    link.become('connected');

    const read = link.published.map(({ topic: to, payload }) => readMessage(to, payload));
    expect(read).toMatchObject([
      { ok: true, value: { envelope: { data: { seq: 1, state: 'starting', counts: { reconnects: 0 } } } } },
      {
        ok: true,
        value: {
          envelope: {
            data: {
              seq: 2,
              uptimeSeconds: 30,
              queue: { pending: 3, limit: 10 },
              outbox: { results: 1, messages: 2, bytes: 300, oldestSeconds: 1.23 },
              counts: { reconnects: 1, published: 7, dropped: 4, droppedBy: { full: 4 } },
            },
          },
        },
      },
    ]);
  });

  it('takes no number for a message that it cannot send', async () => {
    const link = new FakeLink();
    link.automatic = true;
    const beating = heartbeat(link);

    await beating.change('ready');
    link.become('connected');

    expect(readMessage(topic, link.published[0]?.payload ?? new Uint8Array())).toMatchObject({
      value: { envelope: { data: { seq: 1, state: 'ready' } } },
    });
  });

  it('leaves a last will that a reader takes, with number 0', () => {
    const read = readMessage(topic, lastWill(source));

    expect(read).toMatchObject({ ok: true, value: { envelope: { data: { seq: 0, state: 'lost', models: [] } } } });
  });
});

describe('DropReport', () => {
  it('gathers what was dropped into one word for each stream and reason', () => {
    const told: unknown[] = [];
    const report = new DropReport(({ stream, reason, items }) => {
      told.push([items, stream, reason]);
    });

    report.add({ stream: 'result', reason: 'full', messages: 1, items: 3 });
    report.add({ stream: 'result', reason: 'full', messages: 1, items: 4 });
    report.add({ stream: 'sample', reason: 'full', messages: 1, items: 2 });
    report.flush();
    report.flush();

    expect(told).toEqual([
      [7, 'result', 'full'],
      [2, 'sample', 'full'],
    ]);
  });
});
