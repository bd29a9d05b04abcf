import { ClassifyDocumentCommand, ComprehendClient } from '@aws-sdk/client-comprehend';
import { describe, expect, it } from 'vitest';
import { ARN, answering, comprehend, config, MODEL, own } from '../../support/aws-callers.ts';
import { benchDesk } from '../../support/bench-desk.ts';
import { httpBench } from '../../support/http-bench.ts';

describe('any client', () => {
  it('shows the token as its access key id', async () => {
    const token = 'a-token-of-the-test_4711';
    const bench = await httpBench(answering('alarm'), {}, { token });
    const command = new ClassifyDocumentCommand({ Text: 'x', EndpointArn: `${ARN}/${MODEL}` });

    const right = await own(new ComprehendClient(config(bench.url, token))).send(command);
    const wrong = own(new ComprehendClient(config(bench.url, 'AKIAIOSFODNN7EXAMPLE'))).send(command);

    expect(right.Classes).toHaveLength(1);
    await expect(wrong).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });

  it('is told of a bug as such, and the log of what it was', async () => {
    const bench = await httpBench(benchDesk(() => Promise.reject(new Error('secret details'))));

    const sent = comprehend(bench).send(new ClassifyDocumentCommand({ Text: 'x', EndpointArn: `${ARN}/${MODEL}` }));

    await expect(sent).rejects.toMatchObject({ name: 'InternalServerException', message: 'this is a bug' });
    expect(bench.failures.join()).toContain('secret details');
  });
});
