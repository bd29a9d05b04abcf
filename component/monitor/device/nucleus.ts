import path from 'node:path';

export interface Nucleus {
  readonly kind: 'java' | 'lite' | 'none';
  readonly version?: string;
  /** False where the environment leaves it open and the kind is a guess. */
  readonly certain: boolean;
}

/** The names of the IPC socket in the sources of the two; an operator may give the Java nucleus another. */
const KIND_BY_SOCKET: Readonly<Record<string, 'java' | 'lite'>> = { 'ipc.socket': 'java', 'gg-ipc.socket': 'lite' };

/**
 * Which nucleus runs this process, by the environment (fact I1). Both kinds set the same variables, and both count
 * `GGC_VERSION` from 2, so the name of the socket tells them apart; an unknown name counts as lite, whose limits hold on both.
 */
export function nucleusKind(environment: Readonly<Record<string, string | undefined>>): Nucleus {
  const { AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: socket, SVCUID, GGC_VERSION } = environment;
  if (!socket || !SVCUID) return { kind: 'none', certain: GGC_VERSION === undefined };
  const kind = KIND_BY_SOCKET[path.basename(socket)];
  return {
    kind: kind ?? 'lite',
    ...(GGC_VERSION ? { version: GGC_VERSION.slice(0, 64) } : {}),
    certain: kind !== undefined,
  };
}
