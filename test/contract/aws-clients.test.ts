import {
  BatchDetectSentimentCommand,
  ClassifyDocumentCommand,
  ComprehendClient,
  DetectDominantLanguageCommand,
  DetectEntitiesCommand,
  DetectKeyPhrasesCommand,
  DetectSentimentCommand,
} from '@aws-sdk/client-comprehend';
import { LexRuntimeV2Client, RecognizeTextCommand } from '@aws-sdk/client-lex-runtime-v2';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Classification } from '../../component/classify/classification.ts';
import type { ModelFacts } from '../../component/sources/http/service.ts';
import { type BenchDesk, benchDesk, classification, heldDesk } from '../support/bench-desk.ts';
import { type HttpBench, httpBench } from '../support/http-bench.ts';

const MODEL = 'intents-mini';
const ARN = 'arn:aws:comprehend:eu-west-1:123456789012:document-classifier-endpoint';
const SENTIMENT = { labels: ['NEGATIVE', 'neutral', 'Pos'] };
const bot = { botId: 'ABCDEFGHIJ', botAliasId: 'TSTALIASID', localeId: 'en_US', sessionId: 'session-1' };

interface Client {
  destroy(): void;
}

function config(url: string, accessKeyId = 'anything'): object {
  return {
    endpoint: url,
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey: 'anything' },
  };
}

function own<T extends Client>(client: T): T {
  onTestFinished(() => client.destroy());
  return client;
}

const comprehend = ({ url }: HttpBench): ComprehendClient => own(new ComprehendClient(config(url)));
const sagemaker = ({ url }: HttpBench): SageMakerRuntimeClient => own(new SageMakerRuntimeClient(config(url)));
const lex = ({ url }: HttpBench): LexRuntimeV2Client => own(new LexRuntimeV2Client(config(url)));

function answering(label: string, more: Partial<Classification> = {}): BenchDesk {
  return benchDesk(async () => classification(label, more));
}

describe('Comprehend, by its own client', () => {
  it('classifies a document with the model that the endpoint names', async () => {
    const desk = answering('alarm', { score: 0.7, runnersUp: [{ label: 'timer', score: 0.2 }] });
    const bench = await httpBench(desk);

    const { Classes, Labels, $metadata } = await comprehend(bench).send(
      new ClassifyDocumentCommand({ Text: 'wake me at seven', EndpointArn: `${ARN}/${MODEL}` }),
    );

    expect(Classes).toEqual([
      { Name: 'alarm', Score: 0.7 },
      { Name: 'timer', Score: 0.2 },
    ]);
    expect(Labels).toBeUndefined();
    expect(bench.delivered).toMatchObject([{ requestId: $metadata.requestId, label: 'alarm' }]);
  });

  it('gives labels rather than classes where several may hold', async () => {
    const bench = await httpBench(answering('alarm'), { problemType: 'multi_label_classification' });

    const { Classes, Labels } = await comprehend(bench).send(
      new ClassifyDocumentCommand({ Text: 'wake me', EndpointArn: `${ARN}/${MODEL}` }),
    );

    expect(Classes).toBeUndefined();
    expect(Labels).toEqual([{ Name: 'alarm', Score: 0.9 }]);
  });

  it('lists nothing above the reject label, so that the highest score is the answer', async () => {
    const runnersUp = [
      { label: 'timer', score: 0.4 },
      { label: 'alarm', score: 0.1 },
    ];
    const rejected = { bestLabel: 'timer', bestScore: 0.4 };
    const bench = await httpBench(answering('oos', { score: 0.2, runnersUp, rejected }));

    const { Classes } = await comprehend(bench).send(
      new ClassifyDocumentCommand({ Text: 'hm', EndpointArn: `${ARN}/${MODEL}` }),
    );

    expect(Classes?.map(({ Name }) => Name)).toEqual(['oos', 'alarm']);
  });

  it('detects a sentiment with a model whose labels are sentiments', async () => {
    const desk = answering('Pos', { score: 0.8, runnersUp: [{ label: 'NEGATIVE', score: 0.15 }] });
    const bench = await httpBench(desk, SENTIMENT, { routes: `comprehend:DetectSentiment=${MODEL}` });

    const { Sentiment, SentimentScore } = await comprehend(bench).send(
      new DetectSentimentCommand({ Text: 'lovely', LanguageCode: 'en' }),
    );

    expect(Sentiment).toBe('POSITIVE');
    expect(SentimentScore).toEqual({ Positive: 0.8, Negative: 0.15, Neutral: 0, Mixed: 0 });
  });

  it('detects the sentiments of a batch, each under its index', async () => {
    const desk = benchDesk(async (text) => classification(text === 'bad' ? 'NEGATIVE' : 'Pos'));
    const bench = await httpBench(desk, SENTIMENT, { routes: `comprehend:BatchDetectSentiment=${MODEL}` });

    const { ResultList, ErrorList } = await comprehend(bench).send(
      new BatchDetectSentimentCommand({ TextList: ['good', 'bad'], LanguageCode: 'de' }),
    );

    expect(ResultList?.map(({ Index, Sentiment }) => [Index, Sentiment])).toEqual([
      [0, 'POSITIVE'],
      [1, 'NEGATIVE'],
    ]);
    expect(ErrorList).toEqual([]);
    expect(new Set(bench.delivered.map(({ requestId }) => requestId)).size).toBe(2);
  });

  it('detects the dominant language with a model whose labels are languages', async () => {
    const desk = answering('de', { score: 0.97, runnersUp: [{ label: 'zh-TW', score: 0.01 }] });
    const routes = `comprehend:DetectDominantLanguage=${MODEL}`;
    const bench = await httpBench(desk, { labels: ['de', 'en', 'zh-TW'] }, { routes });

    const { Languages } = await comprehend(bench).send(new DetectDominantLanguageCommand({ Text: 'guten Tag' }));

    expect(Languages?.[0]).toEqual({ LanguageCode: 'de', Score: 0.97 });
  });

  it('detects entities, counted in characters and under its own types', async () => {
    const text = '😀 Ann';
    const entities = [{ label: 'PER', start: 3, end: 6, score: 0.99 }];
    const desk = answering('PER', { entities });
    const token: Partial<ModelFacts> = { task: 'token-classification', labels: ['O', 'B-PER', 'I-PER'] };
    const bench = await httpBench(desk, token, { routes: `comprehend:DetectEntities=${MODEL}` });

    const { Entities } = await comprehend(bench).send(new DetectEntitiesCommand({ Text: text, LanguageCode: 'en' }));

    expect(Entities).toEqual([{ Type: 'PERSON', Text: 'Ann', BeginOffset: 2, EndOffset: 5, Score: 0.99 }]);
  });

  it.each([
    ['DetectSentiment', new DetectSentimentCommand({ Text: 'x', LanguageCode: 'en' }), 'alarm'],
    ['DetectDominantLanguage', new DetectDominantLanguageCommand({ Text: 'x' }), 'alarm'],
    ['DetectEntities', new DetectEntitiesCommand({ Text: 'x', LanguageCode: 'en' }), 'texts'],
  ])('says why the labels of a model do not fit %s', async (operation, command, words) => {
    const bench = await httpBench(answering('alarm'), {}, { routes: `comprehend:${operation}=${MODEL}` });

    const sent = comprehend(bench).send(command as DetectSentimentCommand); // any command; the client takes them all

    await expect(sent).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: expect.stringContaining(words),
    });
    expect(bench.asked).toEqual([]);
  });

  it.each([
    ['a text over the limit', 'x'.repeat(5121), 'TextSizeLimitExceededException'],
    ['an empty text', '', 'ValidationException'],
  ])('refuses %s as the service does', async (_what, Text, name) => {
    const bench = await httpBench(answering('Pos'), SENTIMENT, { routes: `comprehend:DetectSentiment=${MODEL}` });

    const sent = comprehend(bench).send(new DetectSentimentCommand({ Text, LanguageCode: 'en' }));

    await expect(sent).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });

  it('refuses a batch over the limit, and a language that is none', async () => {
    const routes = `comprehend:BatchDetectSentiment=${MODEL}`;
    const bench = await httpBench(answering('Pos'), SENTIMENT, { routes });
    const TextList = Array.from({ length: 26 }, () => 'x');

    const batch = comprehend(bench).send(new BatchDetectSentimentCommand({ TextList, LanguageCode: 'en' }));
    const language = comprehend(bench).send(
      new BatchDetectSentimentCommand({ TextList: ['x'], LanguageCode: 'xx' as 'en' }), // as a careless caller would
    );

    await expect(batch).rejects.toMatchObject({ name: 'BatchSizeLimitExceededException' });
    await expect(language).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it.each([
    [
      'an operation that no model is routed to',
      new DetectSentimentCommand({ Text: 'x', LanguageCode: 'en' }),
      'AccessDeniedException',
    ],
    [
      'an endpoint of no model',
      new ClassifyDocumentCommand({ Text: 'x', EndpointArn: `${ARN}/spam` }),
      'ResourceUnavailableException',
    ],
    [
      'an operation that it does not know',
      new DetectKeyPhrasesCommand({ Text: 'x', LanguageCode: 'en' }),
      'UnknownOperationException',
    ],
    [
      'a document in bytes',
      new ClassifyDocumentCommand({ Bytes: Buffer.from('%PDF'), EndpointArn: `${ARN}/${MODEL}` }),
      'InvalidRequestException',
    ],
  ])('turns %s down by name', async (_what, command, name) => {
    const bench = await httpBench();

    const sent = comprehend(bench).send(command as DetectSentimentCommand); // any command; the client takes them all

    await expect(sent).rejects.toMatchObject({ name, message: expect.stringMatching(/\w/) });
  });

  it('is throttled in a way that the client retries', async () => {
    const desk = heldDesk(1);
    const bench = await httpBench(desk);
    const command = new ClassifyDocumentCommand({ Text: 'x', EndpointArn: `${ARN}/${MODEL}` });
    const first = comprehend(bench).send(command);
    await desk.untilAsked(1);

    const second = comprehend(bench).send(command);
    const refused = await second.catch((error: unknown) => error);
    const client = own(new ComprehendClient({ ...config(bench.url), maxAttempts: 10 }));
    const third = client.send(command);
    desk.finish();
    await first;
    await desk.untilAsked(2);
    desk.finish();

    expect(refused).toMatchObject({ name: 'ThrottlingException' });
    expect((await third).Classes?.[0]?.Name).toBe('alarm');
  });
});

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

describe('Lex V2, by its own client', () => {
  const routes = `lex:RecognizeText=${MODEL}`;

  it('recognises an intent, with the others behind it and the fallback last', async () => {
    const desk = answering('alarm', { score: 0.7, runnersUp: [{ label: 'timer', score: 0.2 }] });
    const bench = await httpBench(desk, {}, { routes });

    const { interpretations, sessionState, sessionId } = await lex(bench).send(
      new RecognizeTextCommand({
        ...bot,
        text: 'wake me at seven',
        sessionState: { sessionAttributes: { user: 'ann' } },
      }),
    );

    expect(interpretations?.map(({ intent, nluConfidence }) => [intent?.name, nluConfidence?.score])).toEqual([
      ['alarm', 0.7],
      ['timer', 0.2],
      ['FallbackIntent', undefined],
    ]);
    expect(sessionState?.intent).toMatchObject({
      name: 'alarm',
      state: 'ReadyForFulfillment',
      confirmationState: 'None',
    });
    expect(sessionState?.sessionAttributes).toEqual({ user: 'ann' });
    expect(sessionId).toBe('session-1');
  });

  it('falls back where nothing was likely enough', async () => {
    const rejected = { bestLabel: 'timer', bestScore: 0.4 };
    const desk = answering('oos', { score: 0.2, rejected, runnersUp: [{ label: 'timer', score: 0.4 }] });
    const bench = await httpBench(desk, { rejectLabel: 'oos' }, { routes });

    const { interpretations, sessionState } = await lex(bench).send(new RecognizeTextCommand({ ...bot, text: 'hm' }));

    expect(interpretations?.map(({ intent }) => intent?.name)).toEqual(['FallbackIntent', 'timer']);
    expect(sessionState?.intent?.name).toBe('FallbackIntent');
  });

  it.each([
    ['a text over its limit', { text: 'x'.repeat(1025) }, 'ValidationException', 400],
    ['a bot id that is none', { text: 'x', botId: 'short' }, 'ValidationException', 400],
  ])('refuses %s', async (_what, more, name, httpStatusCode) => {
    const bench = await httpBench(answering('alarm'), {}, { routes });

    const sent = lex(bench).send(new RecognizeTextCommand({ ...bot, ...more }));

    await expect(sent).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  });

  it('knows no bot that no model is routed to', async () => {
    const bench = await httpBench();

    const sent = lex(bench).send(new RecognizeTextCommand({ ...bot, text: 'x' }));

    await expect(sent).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } });
  });

  it('says why a model of entities does not fit', async () => {
    const bench = await httpBench(answering(''), { task: 'token-classification' }, { routes });

    const sent = lex(bench).send(new RecognizeTextCommand({ ...bot, text: 'x' }));

    await expect(sent).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('intent'),
    });
  });
});

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
