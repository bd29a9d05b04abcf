import path from 'node:path';
import { guessNucleus, type NucleusKind, readGreengrassEnvironment } from '../../link/greengrass/nucleus.ts';

export interface Nucleus {
  readonly kind: NucleusKind | 'none';
  readonly version?: string;
  /** False where the environment leaves it open and the kind is a guess. */
  readonly certain: boolean;
}

/** The names of the IPC socket in the sources of the two; an operator may give the Java nucleus another. */
const TELLING_NAMES = ['ipc.socket', 'gg-ipc.socket'];

/** Which nucleus runs this process, by the environment (fact I1): both kinds set the same variables. */
export function nucleusKind(environment: Readonly<Record<string, string | undefined>>): Nucleus {
  const greengrass = readGreengrassEnvironment(environment);
  if (greengrass === undefined) return { kind: 'none', certain: environment.GGC_VERSION === undefined };
  const { socketPath, nucleusVersion } = greengrass;
  return {
    kind: guessNucleus(greengrass),
    ...(nucleusVersion ? { version: nucleusVersion.slice(0, 64) } : {}),
    certain: TELLING_NAMES.includes(path.basename(socketPath)),
  };
}
