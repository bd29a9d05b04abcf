import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSide } from '../bench/start-side.ts';

/** Rows `from` to `to` of the file, in the forms that each side reads. */
export interface Slice {
  readonly from: number;
  readonly to: number;
  readonly csv: string;
  readonly json: string;
}

/** What takes part. */
export interface Contender {
  readonly name: string;
  /** Answers a slice. @returns milliseconds that count */
  run(slice: Slice): Promise<number>;
  end(): Promise<void>;
}

/** `verge classify`, from its start to its end: the file is read, and the answers are written. */
export async function runVerge(
  bundle: string,
  csv: string,
): Promise<{ readonly wallMs: number; readonly peakMiB: number }> {
  const out = `${csv}.answers.csv`;
  rmSync(out, { force: true });
  const program = fileURLToPath(new URL('../cloud/verge.js', import.meta.url));
  const started = performance.now();
  const child = spawn(process.execPath, [program, 'classify', bundle, '--in', csv, '--out', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  let peakKiB = 0;
  const look = setInterval(() => {
    peakKiB = Math.max(peakKiB, peakOf(child.pid));
  }, 100);
  const words: Buffer[] = [];
  child.stderr.on('data', (bytes: Buffer) => words.push(bytes));
  const [code] = await ended;
  clearInterval(look);
  if (code !== 0) throw new Error(`verge classify ended with code ${code}: ${Buffer.concat(words)}`);
  return { wallMs: performance.now() - started, peakMiB: peakKiB / 1024 };
}

/** What a process held at most so far, by the kernel's count. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}

export function vergeContender(bundle: string): Contender {
  return {
    name: 'Verge',
    run: async ({ csv }) => (await runVerge(bundle, csv)).wallMs,
    end: async () => {},
  };
}

/** transformers.js, loaded before the clock starts, one by one, which is its best mode; it writes nothing. */
export async function transformersContender(model: string, installation: string, texts: string): Promise<Contender> {
  const side = await startSide('peer', { model, texts, installation, firstAnswerOnly: false });
  return {
    name: 'transformers.js',
    run: async ({ from, to }) => (await side.round({ mode: 'one', from, to })).wallMs,
    end: () => side.end(),
  };
}

/** ONNX Runtime and the Rust tokenizers under Python, loaded before the clock starts, sorted batches of 32, a thread a core; it writes nothing. */
export function pythonContender(python: string, script: string, model: string, threads: number): Contender {
  return {
    name: 'Python, ONNX Runtime',
    async run({ json }) {
      const words = [script, model, json, 'sort32', '1', String(threads)];
      const { stdout } = await promisify(execFile)(python, words, { maxBuffer: 64 * 1024 * 1024 });
      const { R }: { R: { wallMs: number }[] } = JSON.parse(stdout); // see the script's README
      return R[0]?.wallMs ?? Number.NaN;
    },
    end: async () => {},
  };
}

/** Why Python cannot take part; undefined where it can. */
export async function whyNoPython(python: string, script: string): Promise<string | undefined> {
  try {
    readFileSync(script);
  } catch {
    return `${script} is missing`;
  }
  try {
    await promisify(execFile)(python, ['-c', 'import numpy, onnxruntime, tokenizers']);
    return undefined;
  } catch {
    return `${python} has no numpy, onnxruntime and tokenizers: give one that has with --python`;
  }
}

/** The whole as CSV, and slices of it. */
export function writeSlices(
  folder: string,
  texts: readonly string[],
  count: number,
): { whole: string; json: string; slices: Slice[] } {
  const csvOf = (rows: readonly string[]): string =>
    `text\n${rows.map((text) => `"${text.replaceAll('"', '""')}"\n`).join('')}`;
  const whole = path.join(folder, 'rows.csv');
  const json = path.join(folder, 'rows.json');
  writeFileSync(whole, csvOf(texts));
  writeFileSync(json, JSON.stringify(texts));
  const size = Math.ceil(texts.length / count);
  const slices = Array.from({ length: count }, (_, index): Slice => {
    const [from, to] = [index * size, Math.min(texts.length, (index + 1) * size)];
    const slice = {
      from,
      to,
      csv: path.join(folder, `slice-${index}.csv`),
      json: path.join(folder, `slice-${index}.json`),
    };
    writeFileSync(slice.csv, csvOf(texts.slice(from, to)));
    writeFileSync(slice.json, JSON.stringify(texts.slice(from, to)));
    return slice;
  });
  return { whole, json, slices };
}
