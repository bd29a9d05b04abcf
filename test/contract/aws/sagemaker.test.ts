import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { describe, expect, it } from 'vitest';
import { answering, MODEL, sagemaker } from '../../support/aws-callers.ts';
import { benchDesk } from '../../support/bench-desk.ts';
import { type HttpBench, httpBench } from '../../support/http-bench.ts';

describe("SageMaker's runtime, by its own client", () => {
  const scored = { score: 0.7, runnersUp: [{ label: 'timer', score: 0.2 }] };

  async function invoke(bench: HttpBench, body: unknown, more: object = {}): Promise<unknown> {
    const { Body } = await sagemaker(bench).send(
      new InvokeEndpointCommand({
        EndpointName: MODEL,
        ContentType: 'application/json',
        Body: typeof body === 'string' ? body : JSON.stringify(body),
        ...more,
      }),
    );
    return JSON.parse(Buffer.from(Body ?? []).toString('utf8'));
  }

  // The forms that transformers documents for TextClassificationPipeline, and the inference toolkit passes on as they are.
  it.each([
    ['a text', { inputs: 'a' }, [{ label: 'alarm', score: 0.7 }]],
    [
      'texts',
      { inputs: ['a', 'b'] },
      [
        { label: 'alarm', score: 0.7 },
        { label: 'alarm', score: 0.7 },
      ],
    ],
    ['a text in an object', { inputs: { text: 'a' } }, [{ label: 'alarm', score: 0.7 }]],
    ['one label', { inputs: 'a', parameters: { top_k: 1 } }, [{ label: 'alarm', score: 0.7 }]],
    [
      'two labels',
      { inputs: 'a', parameters: { top_k: 2 } },
      [
        { label: 'alarm', score: 0.7 },
        { label: 'timer', score: 0.2 },
      ],
    ],
    ['one label of texts', { inputs: ['a'], parameters: { top_k: 1 } }, [[{ label: 'alarm', score: 0.7 }]]],
    [
      'all labels of a text',
      { inputs: 'a', parameters: { top_k: null } },
      [
        { label: 'alarm', score: 0.7 },
        { label: 'timer', score: 0.2 },
      ],
    ],
  ])('answers %s as the Hugging Face containers do', async (_what, request, expected) => {
    const bench = await httpBench(answering('alarm', scored));

    const answer = await invoke(bench, request);

    expect(answer).toEqual(expected);
  });

  it('answers tokens with entities, in the form of an aggregation', async () => {
    const entities = [{ label: 'PER', start: 3, end: 6, score: 0.99 }];
    const bench = await httpBench(answering('PER', { entities }), { task: 'token-classification' });

    const answer = await invoke(bench, { inputs: '😀 Ann', parameters: { aggregation_strategy: 'simple' } });
    const plain = invoke(bench, { inputs: '😀 Ann' });

    expect(answer).toEqual([{ entity_group: 'PER', score: 0.99, word: 'Ann', start: 2, end: 5 }]);
    await expect(plain).rejects.toMatchObject({ name: 'ModelError' });
  });

  it('reads and writes CSV', async () => {
    const bench = await httpBench(answering('a "big" alarm, really', { score: 0.5 }));

    const { Body, ContentType } = await sagemaker(bench).send(
      new InvokeEndpointCommand({
        EndpointName: MODEL,
        ContentType: 'text/csv',
        Accept: 'text/csv',
        Body: 'inputs\r\n"one, two"\r\nthree\r\n',
      }),
    );

    expect(Buffer.from(Body ?? []).toString('utf8')).toBe(
      'label,score\r\n"a ""big"" alarm, really",0.5\r\n"a ""big"" alarm, really",0.5\r\n',
    );
    expect(ContentType).toBe('text/csv');
    expect(bench.asked).toEqual(['one, two', 'three']);
  });

  it('gives results the inference id, and hands custom attributes back', async () => {
    const bench = await httpBench();

    const { CustomAttributes } = await sagemaker(bench).send(
      new InvokeEndpointCommand({
        EndpointName: MODEL,
        ContentType: 'application/json',
        Body: '{"inputs":"a"}',
        InferenceId: 'mine-1',
        CustomAttributes: 'trace=7',
      }),
    );

    expect(CustomAttributes).toBe('trace=7');
    expect(bench.delivered).toMatchObject([{ requestId: 'mine-1' }]);
  });

  it.each([
    ['no JSON', '{', {}],
    ['a pair of texts', { inputs: { text: 'a', text_pair: 'b' } }, {}],
    ['another function', { inputs: 'a', parameters: { function_to_apply: 'sigmoid' } }, {}],
    ['parameters that it does not know', { inputs: 'a', parameters: { temperature: 2 } }, {}],
    ['a content type that is not decoded', 'a', { ContentType: 'text/plain' }],
    ['a content type that is not encoded', { inputs: 'a' }, { Accept: 'application/x-npy' }],
  ])('answers %s with the error of a container', async (_what, body, more) => {
    const bench = await httpBench();

    const invoked = invoke(bench, body, more);

    await expect(invoked).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 400,
      $metadata: { httpStatusCode: 424 },
    });
    expect(bench.asked).toEqual([]);
  });

  it('knows no endpoint that is no model', async () => {
    const bench = await httpBench();

    const invoked = invoke(bench, { inputs: 'a' }, { EndpointName: 'spam' });

    await expect(invoked).rejects.toMatchObject({ name: 'ValidationError', message: expect.stringContaining('spam') });
  });

  it('routes an endpoint to a model by name', async () => {
    const routes = `sagemaker:InvokeEndpoint/prod-intents=${MODEL}`;
    const bench = await httpBench(answering('alarm'), {}, { routes });

    const answer = await invoke(bench, { inputs: 'a' }, { EndpointName: 'prod-intents' });

    expect(answer).toMatchObject([{ label: 'alarm' }]);
  });

  it('is not ready while models load, and where the model is away', async () => {
    const loading = await httpBench(benchDesk(undefined, { ready: new Promise(() => undefined) }));
    const away = await httpBench(benchDesk(), {}, { routes: 'sagemaker:InvokeEndpoint=spam' });

    const early = invoke(loading, { inputs: 'a' });
    const late = invoke(away, { inputs: 'a' });

    await expect(early).rejects.toMatchObject({ name: 'ModelNotReadyException', $metadata: { httpStatusCode: 429 } });
    await expect(late).rejects.toMatchObject({ name: 'ModelNotReadyException' });
  });
});
