import { describe, expect, it } from 'vitest';
import type { Settings } from '../../../../component/contract/settings.ts';
import { makeLog } from '../../../../component/lifecycle/make-log.ts';

function linesOf(logFormat: Settings['logFormat'], write: (log: ReturnType<typeof makeLog>) => void): unknown[] {
  const lines: string[] = [];
  write(makeLog({ logFormat, logLevel: 'info' }, { write: (line) => lines.push(line) }));
  expect(lines.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
  return lines.map((line) => JSON.parse(line));
}

describe('a log line', () => {
  it('is one line of JSON with the name of its level and an ISO time', () => {
    const [line] = linesOf('plain', (log) => log.warn({ event: 'drift-began', count: 2 }, 'two\nlines'));

    expect(line).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      event: 'drift-began',
      count: 2,
      msg: 'two\nlines',
    });
  });

  it('has the keys of the nucleus and no others for LogManager, with texts alone in its contexts', () => {
    const lines = linesOf('greengrass', (log) => {
      log.info({ event: 'model-loaded', model: { name: 'intents-mini' }, count: 2 }, 'loaded');
      log.error({ err: new Error('broken') }, 'it fails');
      log.info('plain words');
    });

    expect(lines).toEqual([
      {
        level: 'INFO',
        timestamp: expect.any(Number),
        loggerName: 'verge.Runtime',
        eventType: 'model-loaded',
        contexts: { model: '{"name":"intents-mini"}', count: '2' },
        message: 'loaded',
      },
      {
        level: 'ERROR',
        timestamp: expect.any(Number),
        loggerName: 'verge.Runtime',
        contexts: { err: expect.stringMatching(/^Error: broken\n/) },
        message: 'it fails',
      },
      {
        level: 'INFO',
        timestamp: expect.any(Number),
        loggerName: 'verge.Runtime',
        contexts: {},
        message: 'plain words',
      },
    ]);
  });

  it('is an error for LogManager where it is fatal, since it stops at a level that it does not know', () => {
    const [line] = linesOf('greengrass', (log) => log.fatal('the end'));

    expect(line).toMatchObject({ level: 'ERROR' });
  });
});
