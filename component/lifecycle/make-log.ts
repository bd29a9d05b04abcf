import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import type { Settings } from '../contract/settings.ts';

/** As aws.greengrass.LogManager names them; it stops at a level that it does not know, such as FATAL. */
const GREENGRASS_LEVELS: Readonly<Record<string, string>> = { fatal: 'ERROR' };
const LOGGER_NAME = 'verge.Runtime';

const FORMATS: Readonly<Record<Settings['logFormat'], LoggerOptions>> = {
  /** `{"level":"info","time":"…","event":"…","msg":"…"}` */
  plain: {
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  },
  /**
   * The lines of the nucleus itself, `{"level":"INFO","timestamp":…,"eventType":"…","message":"…","contexts":{…}}`. LogManager
   * takes time and level of a line only where it has these keys, no others, and texts alone in `contexts`; other lines
   * it uploads all the same, with the time of the upload and whatever minimumLogLevel says (source: GreengrassLogMessage,
   * CloudWatchAttemptLogsProcessor).
   */
  greengrass: {
    timestamp: () => `,"timestamp":${Date.now()}`,
    messageKey: 'message',
    formatters: {
      level: (label) => ({ level: GREENGRASS_LEVELS[label] ?? label.toUpperCase() }),
      log: ({ event, ...contexts }) => ({
        loggerName: LOGGER_NAME,
        ...(typeof event === 'string' ? { eventType: event } : {}),
        contexts: Object.fromEntries(Object.entries(contexts).map(([key, value]) => [key, asText(value)])),
      }),
    },
  },
};

/** JSON lines on standard output, which a nucleus writes to the component's log file. */
export function makeLog(
  { logFormat, logLevel }: Pick<Settings, 'logFormat' | 'logLevel'>,
  destination: DestinationStream = pino.destination(1),
): Logger {
  return pino({ base: null, level: logLevel, ...FORMATS[logFormat] }, destination);
}

function asText(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
