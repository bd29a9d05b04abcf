import {
  type CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { ask } from './ask.ts';
import { nameOf } from './object-store.ts';

/** Where SageMaker writes what processing jobs say. */
const GROUP = '/aws/sagemaker/ProcessingJobs';
/** One instance writes one stream. */
const MAX_STREAMS = 10;
/** Of one look; the rest comes with the next. */
const MAX_PAGES = 20;

/** What a job says while it runs. @throws VergeError AWS_… */
export interface JobLogs {
  /** What it has said since the last look, oldest first. Nothing where there is no log, or not yet. */
  news(): Promise<readonly string[]>;
}

export function jobLogsOf(client: CloudWatchLogsClient, job: string, signal: AbortSignal): JobLogs {
  const tokens = new Map<string, string | undefined>();
  const options = { abortSignal: signal };

  async function readStream(logStreamName: string): Promise<string[]> {
    const lines: string[] = [];
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const nextToken = tokens.get(logStreamName);
      const input = { logGroupName: GROUP, logStreamName, startFromHead: true, ...(nextToken ? { nextToken } : {}) };
      const { events = [], nextForwardToken } = await client.send(new GetLogEventsCommand(input), options);
      lines.push(...events.map(({ message = '' }) => message));
      tokens.set(logStreamName, nextForwardToken);
      // The end of a stream is told by the token that was given.
      if (nextForwardToken === nextToken) break;
    }
    return lines;
  }

  return {
    news: () =>
      ask(
        `reading the log of ${JSON.stringify(job)}`,
        async () => {
          try {
            const input = { logGroupName: GROUP, logStreamNamePrefix: `${job}/`, limit: MAX_STREAMS };
            const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand(input), options);
            const all: string[] = [];
            for (const { logStreamName = '' } of logStreams) all.push(...(await readStream(logStreamName)));
            return all;
          } catch (error) {
            if (nameOf(error) === 'ResourceNotFoundException') return [];
            throw error;
          }
        },
        signal,
      ),
  };
}
