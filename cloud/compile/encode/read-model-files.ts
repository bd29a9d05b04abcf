import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import type { Graph } from '../graph/graph.ts';
import { decodeModel } from './decode-model.ts';
import type { ExternalPlace } from './decode-tensor.ts';
import { encodeErrors } from './errors.ts';
import { tooLarge } from './fields.ts';
import { LIMITS } from './limits.ts';

/**
 * Reads `model.onnx` and the weights files that it names. Those must lie in its own folder or below: neither `..`, nor an
 * absolute path, nor a link leads out of it.
 */
export async function readModelFiles(modelPath: string): Promise<Graph> {
  const folder = await realpath(dirname(modelPath));
  const bytes = await readModel(modelPath);
  const files = new ExternalFiles(folder);
  try {
    return decodeModel(bytes, (place, tensorName) => files.read(place, tensorName));
  } finally {
    files.close();
  }
}

async function readModel(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > LIMITS.modelBytes) throw tooLarge('size in bytes', LIMITS.modelBytes);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

interface OpenFile {
  readonly descriptor: number;
  readonly sizeBytes: number;
}

/** Weights files beside a model, opened once each. Reads are synchronous: the decoder asks tensor by tensor. */
class ExternalFiles {
  readonly #folder: string;
  readonly #open = new Map<string, OpenFile>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  read({ location, offsetBytes, lengthBytes }: ExternalPlace, tensorName: string): Uint8Array {
    const file = this.#open.get(location) ?? this.#openFile(location, tensorName);
    if (offsetBytes + lengthBytes > file.sizeBytes) {
      throw encodeErrors.make(
        'ONNX_EXTERNAL_RANGE',
        `ONNX model: tensor '${tensorName}' lies at byte ${offsetBytes} to ${offsetBytes + lengthBytes} of ${location}, which has ${file.sizeBytes}`,
      );
    }
    const bytes = new Uint8Array(lengthBytes);
    let done = 0;
    while (done < lengthBytes) {
      const count = readSync(file.descriptor, bytes, done, lengthBytes - done, offsetBytes + done);
      if (count === 0) {
        throw encodeErrors.make('ONNX_EXTERNAL_RANGE', `ONNX model: ${location} ends at byte ${offsetBytes + done}`);
      }
      done += count;
    }
    return bytes;
  }

  close(): void {
    for (const { descriptor } of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
  }

  #openFile(location: string, tensorName: string): OpenFile {
    const descriptor = openSync(this.#pathInside(location, tensorName), 'r');
    const opened = { descriptor, sizeBytes: fstatSync(descriptor).size };
    this.#open.set(location, opened);
    return opened;
  }

  /** The real path of a weights file, once it is known to be a plain file inside the folder. */
  #pathInside(location: string, tensorName: string): string {
    const where = `ONNX model: tensor '${tensorName}' keeps its data in '${location.slice(0, 200)}'`;
    if (location === '' || location.includes('\0')) {
      throw encodeErrors.make('ONNX_EXTERNAL_PATH', `${where}, which is no file name`);
    }
    if (isAbsolute(location)) throw encodeErrors.make('ONNX_EXTERNAL_PATH', `${where}, an absolute path`);
    let path: string;
    try {
      path = realpathSync(join(this.#folder, location));
    } catch (cause) {
      throw encodeErrors.make('ONNX_EXTERNAL_MISSING', `${where}, which does not exist`, cause);
    }
    if (!path.startsWith(this.#folder + sep)) {
      throw encodeErrors.make('ONNX_EXTERNAL_PATH', `${where}, outside of the model's folder`);
    }
    // Opening a pipe would wait forever.
    if (!statSync(path).isFile()) throw encodeErrors.make('ONNX_EXTERNAL_PATH', `${where}, which is no plain file`);
    return path;
  }
}
