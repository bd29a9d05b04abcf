import {
  BatchDetectSentimentCommand,
  ClassifyDocumentCommand,
  ComprehendClient,
  DetectDominantLanguageCommand,
  DetectEntitiesCommand,
  DetectKeyPhrasesCommand,
  DetectSentimentCommand,
} from '@aws-sdk/client-comprehend';
import { describe, expect, it } from 'vitest';
import type { ModelFacts } from '../../../component/sources/http/service.ts';
import { ARN, answering, comprehend, config, MODEL, own } from '../../support/aws-callers.ts';
import { benchDesk, classification, heldDesk } from '../../support/bench-desk.ts';
import { httpBench } from '../../support/http-bench.ts';

const SENTIMENT = { labels: ['NEGATIVE', 'neutral', 'Pos'] };

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
