import fs from 'node:fs'; // whole: an import of `statfsSync` by name would end an older Node with a syntax error
import { freemem } from 'node:os';
import path from 'node:path';

// Runs before anything else is loaded, on whatever Node is there: it imports nothing of ours and nothing native.

/** Put in by the build of an artifact, which holds native code for one architecture. */
declare const VERGE_ARCHITECTURE: string | undefined;

/** What the device is. */
export interface Host {
  readonly platform: string;
  readonly architecture: string;
  readonly nodeVersion: string;
  /** Undefined where there is none: musl, for one. */
  readonly glibcVersion: string | undefined;
  /** Bytes that a process may still take, by the machine and by its control group. */
  readonly availableBytes: number;
  /** The work folder, room on its disk, and whether this user may write there. */
  readonly folder: string;
  readonly roomBytes: number;
  readonly writable: boolean;
}

/** Why this device cannot run Verge. */
export interface Unfitness {
  readonly code: string;
  /** Of the process: nothing else ends with it. */
  readonly exitCode: number;
  readonly message: string;
}

const MIB = 1024 * 1024;
const ARCHITECTURES: readonly string[] =
  typeof VERGE_ARCHITECTURE === 'string' ? [VERGE_ARCHITECTURE] : ['x64', 'arm64'];
const MIN_NODE_MAJOR = 20;
/** ONNX Runtime's (fact N1). */
const MIN_GLIBC = '2.28';
/** The smallest model's runtime takes about this. */
const MIN_AVAILABLE_BYTES = 96 * MIB;
/** Little: a device whose disk has filled up must come up again all the same, and serve from the models that it has. */
const MIN_ROOM_BYTES = 1 * MIB;

/** The first thing that makes this device unfit; undefined where it is fit. */
export function findUnfitness(host: Host): Unfitness | undefined {
  const { platform, architecture, nodeVersion, glibcVersion, availableBytes, folder, roomBytes, writable } = host;
  if (platform !== 'linux' || !ARCHITECTURES.includes(architecture)) {
    const wanted = ARCHITECTURES.map((name) => `linux ${name}`).join(' and ');
    return unfit(
      'ARCHITECTURE',
      20,
      `This runtime is for ${wanted}, and Node here is for ${platform} ${architecture}`,
      'Install a Node for it, or the artifact for this architecture',
    );
  }
  if (Number.parseInt(nodeVersion, 10) < MIN_NODE_MAJOR) {
    return unfit(
      'NODE',
      21,
      `Node is ${nodeVersion}, older than ${MIN_NODE_MAJOR}`,
      `Install Node ${MIN_NODE_MAJOR} or later`,
    );
  }
  if (glibcVersion === undefined || isOlder(glibcVersion, MIN_GLIBC)) {
    const found =
      glibcVersion === undefined ? 'There is no glibc' : `glibc is ${glibcVersion}, older than ${MIN_GLIBC}`;
    return unfit('GLIBC', 22, found, `Use a system with glibc ${MIN_GLIBC} or later; musl will not do`);
  }
  if (availableBytes < MIN_AVAILABLE_BYTES) {
    return unfit(
      'MEMORY',
      23,
      `${inMib(availableBytes)} of memory are available, fewer than ${inMib(MIN_AVAILABLE_BYTES)}`,
      'Free memory, or raise the limit of the component',
    );
  }
  if (!writable) {
    return unfit(
      'FOLDER',
      24,
      `The work folder ${folder} cannot be written`,
      'Give it to the user that the component runs as',
    );
  }
  if (roomBytes < MIN_ROOM_BYTES) {
    return unfit(
      'DISK',
      25,
      `The disk of ${folder} has ${inMib(roomBytes)} left, fewer than ${inMib(MIN_ROOM_BYTES)}`,
      'Make room on it',
    );
  }
  return undefined;
}

/** Looks at this device. On a Node that is too old for some of it, only what it can tell. */
export function measureHost(folder: string): Host {
  return {
    platform: process.platform,
    architecture: process.arch,
    nodeVersion: process.versions.node,
    glibcVersion: glibcVersion(),
    availableBytes: Math.min(freemem(), process.constrainedMemory?.() || Number.POSITIVE_INFINITY),
    folder: path.resolve(folder),
    roomBytes: roomOf(folder),
    writable: isWritable(folder),
  };
}

function unfit(name: string, exitCode: number, what: string, next: string): Unfitness {
  return { code: `PREFLIGHT_${name}`, exitCode, message: `${what}. ${next}.` };
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = than.split('.').map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}

function inMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

function glibcVersion(): string | undefined {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined; // typed as object
  return report?.header?.glibcVersionRuntime;
}

function roomOf(folder: string): number {
  try {
    const { bavail, bsize } = fs.statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY; // not to be had from this Node or this file system; a write will tell
  }
}

function isWritable(folder: string): boolean {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
