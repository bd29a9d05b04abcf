import { expect, it } from 'vitest';
import { type JobLink, JobListener } from '../../../../cloud/local/core/cloud/job-listener.ts';

const UPDATE = '$aws/things/oven/jobs/job-1/namespace-aws-gg-deployment/update';

/** A link whose cloud answers when the test says so. */
function heldLink() {
  const deliver = new Map<string, (topic: string, payload: Buffer) => void>();
  const told: { topic: string; message: Readonly<Record<string, unknown>> }[] = [];
  let connect: () => void = () => undefined;
  const link: JobLink = {
    subscribe: async (filter, _qos, listener) => deliver.set(filter, listener),
    tell: (topic, message) => void told.push({ topic, message: { ...message } }),
    onConnect(listener) {
      connect = listener;
    },
  };
  const answer = ({ topic, message: { clientToken } } = told[0] ?? { topic: '', message: {} }): void =>
    deliver.get('$aws/things/oven/jobs/+/namespace-aws-gg-deployment/update/accepted')?.(
      `${topic}/accepted`,
      Buffer.from(JSON.stringify({ clientToken, timestamp: 1 })),
    );
  const updates = () => told.filter(({ topic }) => topic === UPDATE);
  return { link, answer, updates, connect: () => connect() };
}

it('repeats how a job ended until that is answered, whatever answers to earlier reports come late', async () => {
  const { link, answer, updates, connect } = heldLink();
  const listener = new JobListener({ thing: 'oven', link, onJob: () => undefined });
  await listener.start();
  listener.report('job-1', 'IN_PROGRESS');
  listener.report('job-1', 'SUCCEEDED');

  answer(updates()[0]); // and the connection is lost before the second is there
  connect();
  const afterLateAnswer = updates().map(({ message }) => message.status);
  answer(updates()[2]);
  connect();

  expect(afterLateAnswer).toEqual(['IN_PROGRESS', 'SUCCEEDED', 'SUCCEEDED']);
  expect(updates()).toHaveLength(3);
});
