/**
 * CloudWatch Logs as far as reading what a job says: streams of a group, and the events of a stream from its head.
 *
 * What it does not do: every other operation, writing by a caller, retention, filters and queries, reading from the tail,
 * time ranges. Streams are there with their first line; what a stack wrote is there after a restart.
 */
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as client from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../aws/aws-error.ts';
import { pageOf } from '../aws/page.ts';
import { jsonRpc } from '../aws/protocol/json-rpc.ts';
import { defineService, type Handler, type Service } from '../aws/service.ts';

export interface Logs {
  readonly service: Service;
  append(group: string, stream: string, message: string): void;
}

interface LogLine {
  /** Milliseconds. */
  readonly timestamp: number;
  readonly message: string;
}

/** Of one answer. The service gives 1 MB or 10,000 events. */
const MAX_EVENTS = 10_000;
/** Longer ones are cut, as the service does. */
const MAX_MESSAGE_LENGTH = 256 * 1024;
const PAGES = { most: 50, usual: 50, invalid: 'InvalidParameterException' };

/** @param folder made where it isn't there */
export function openLogs(folder: string): Logs {
  mkdirSync(folder, { recursive: true });
  /** Group → stream → lines. */
  const groups = new Map<string, Map<string, LogLine[]>>();
  const encoded = (name: string): string => encodeURIComponent(name);
  for (const group of readdirSync(folder)) {
    const streams = new Map<string, LogLine[]>();
    for (const file of readdirSync(path.join(folder, group))) {
      const text = readFileSync(path.join(folder, group, file), 'utf8');
      // Written by `append`; the last line may be cut off.
      const lines = text.split('\n').slice(0, -1);
      streams.set(
        decodeURIComponent(file.replace(/\.jsonl$/, '')),
        lines.map((line) => JSON.parse(line) as LogLine),
      );
    }
    groups.set(decodeURIComponent(group), streams);
  }

  function streamsOf(group: string): Map<string, LogLine[]> {
    const found = groups.get(group);
    if (!found) throw missing('group');
    return found;
  }

  return {
    service: defineService({
      name: 'logs',
      client: { ...client },
      protocol: jsonRpc('Logs_20140328'),
      handlers: handlersOf(streamsOf),
    }),
    append(group, stream, message) {
      const streams = groups.get(group) ?? new Map<string, LogLine[]>();
      groups.set(group, streams);
      const lines = streams.get(stream) ?? [];
      streams.set(stream, lines);
      const line = { timestamp: Date.now(), message: message.slice(0, MAX_MESSAGE_LENGTH) };
      lines.push(line);
      mkdirSync(path.join(folder, encoded(group)), { recursive: true });
      appendFileSync(path.join(folder, encoded(group), `${encoded(stream)}.jsonl`), `${JSON.stringify(line)}\n`);
    },
  };
}

function handlersOf(streamsOf: (group: string) => Map<string, LogLine[]>): Record<string, Handler> {
  return {
    DescribeLogStreams(input: client.DescribeLogStreamsCommandInput) {
      const { logGroupName = '', logStreamNamePrefix = '', limit, nextToken } = input;
      const names = [...streamsOf(logGroupName)].filter(([name]) => name.startsWith(logStreamNamePrefix));
      const ordered = names.toSorted(([a], [b]) => (a < b ? -1 : 1));
      const page = pageOf(ordered, ([name]) => name, { maxResults: limit, nextToken }, PAGES);
      return {
        logStreams: page.items.map(([logStreamName, lines]) => ({
          logStreamName,
          firstEventTimestamp: lines[0]?.timestamp,
          lastEventTimestamp: lines.at(-1)?.timestamp,
          creationTime: lines[0]?.timestamp,
        })),
        nextToken: page.nextToken,
      };
    },
    GetLogEvents(input: client.GetLogEventsCommandInput) {
      const { logGroupName = '', logStreamName = '', nextToken, limit = MAX_EVENTS } = input;
      const lines = streamsOf(logGroupName).get(logStreamName);
      if (!lines) throw missing('stream');
      const from = nextToken === undefined ? 0 : readToken(nextToken);
      const events = lines.slice(from, from + Math.min(limit, MAX_EVENTS));
      // At the end the token that was given comes back.
      const forward = nextToken !== undefined && events.length === 0 ? nextToken : `f/${from + events.length}`;
      return {
        events: events.map((line) => ({ ...line, ingestionTime: line.timestamp })),
        nextForwardToken: forward,
        nextBackwardToken: `b/${from}`,
      };
    },
  };
}

function readToken(token: string): number {
  const [, place] = token.match(/^[fb]\/(\d+)$/) ?? [];
  if (place === undefined) throw new AwsError('InvalidParameterException', 400, 'The specified nextToken is invalid.');
  return Number(place);
}

function missing(what: string): AwsError {
  return new AwsError('ResourceNotFoundException', 400, `The specified log ${what} does not exist.`);
}
