import path from 'node:path';
import { MAX_MESSAGE_BYTES } from '../../contract/parts.ts';
import type { LinkLimits } from '../link.ts';

/** Which nucleus the component runs under: nucleus lite, or the Java one. */
export type NucleusKind = 'lite' | 'java';

/** What the nucleus puts into the environment of every component (fact I1). */
export interface GreengrassEnvironment {
  readonly socketPath: string;
  readonly token: string;
  readonly thing: string;
  readonly region: string | undefined;
  /** Version of the nucleus, for the log: both kinds count from 2. */
  readonly nucleusVersion: string | undefined;
}

/**
 * Where this process runs, if it is a Greengrass component.
 * @returns undefined where it isn't: then the link is a plain broker
 */
export function readGreengrassEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): GreengrassEnvironment | undefined {
  const socketPath = env.AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT;
  const token = env.SVCUID;
  if (!socketPath || !token) return undefined;
  return {
    socketPath,
    token,
    thing: env.AWS_IOT_THING_NAME ?? '',
    region: env.AWS_REGION,
    nucleusVersion: env.GGC_VERSION,
  };
}

/**
 * The kind of nucleus by the name of its socket: `gg-ipc.socket` or `ipc.socket` in their sources, which an operator may
 * change. So it is a guess, made certain by the first connection: lite refuses to tell of component updates (fact L6).
 * Without a hint it is lite, whose limits hold on both.
 */
export function guessNucleus({ socketPath }: Pick<GreengrassEnvironment, 'socketPath'>): NucleusKind {
  return path.basename(socketPath) === 'ipc.socket' ? 'java' : 'lite';
}

/** Limits of a nucleus beyond those of every link. */
export interface NucleusLimits extends LinkLimits {
  /**
   * What it may hold without the broker's acknowledgement, and forgets when its connection breaks: lite begins a new
   * session then (read in its source; the numbers are fact L5's). The Java nucleus keeps its spool.
   */
  readonly forgets?: { readonly messages: number; readonly bytes: number };
}

/** What each nucleus takes: 7,300 bytes under lite as measured (fact L4), a margin below 128 KB under Java (fact G8). */
export const NUCLEUS_LIMITS: Readonly<Record<NucleusKind, NucleusLimits>> = {
  lite: { inFlightMessages: 10, payloadBytes: 7300, forgets: { messages: 10, bytes: 15_000 } },
  java: { inFlightMessages: 10, payloadBytes: MAX_MESSAGE_BYTES },
};
