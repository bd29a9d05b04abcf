import { RecognizeTextCommand } from '@aws-sdk/client-lex-runtime-v2';
import { describe, expect, it } from 'vitest';
import { answering, bot, lex, MODEL } from '../../support/aws-callers.ts';
import { httpBench } from '../../support/http-bench.ts';

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
