import type { Socket } from 'node:net';
import type { Personality } from '../personality.ts';
import type { Faults } from './faults.ts';
import { encodeFrame, type Frame, FrameReader, MESSAGE_FLAGS, MESSAGE_TYPE, type OutgoingFrame } from './frames.ts';
import { IpcError } from './ipc-error.ts';
import type { Fields, Operations } from './operation.ts';
import type { Tokens } from './tokens.ts';

export interface IpcConnectionOptions {
  readonly socket: Socket;
  readonly personality: Personality;
  readonly tokens: Tokens;
  readonly operations: Operations;
  readonly faults: Faults;
  readonly log: (text: string) => void;
}

const NAMESPACE = 'aws.greengrass#';

/** An open stream: whom to tell of its end, and events that wait for the response, which a client takes for it. */
interface Stream {
  readonly endListeners: Set<() => void>;
  early: { readonly shape: string; readonly payload: unknown }[] | undefined;
}

/** One component's connection: a handshake, then any number of streams, each with one call. */
export class IpcConnection {
  readonly #options: IpcConnectionOptions;
  readonly #reader: FrameReader;
  readonly #streams = new Map<number, Stream>();
  #component: string | undefined;

  constructor(options: IpcConnectionOptions) {
    this.#options = options;
    this.#reader = new FrameReader(options.personality.maxFrameBytes);
    options.socket.on('data', (bytes) => this.#receive(bytes));
    options.socket.on('error', () => undefined); // 'close' follows
    options.socket.on('close', () => {
      for (const streamId of [...this.#streams.keys()]) this.#end(streamId);
    });
  }

  /** Cuts it off in mid-sentence. */
  drop(): void {
    this.#options.socket.destroy();
  }

  #receive(bytes: Buffer): void {
    try {
      for (const frame of this.#reader.push(bytes)) this.#handle(frame);
    } catch (error) {
      this.#options.log(`closes a connection: ${String(error)}`); // fact L4
      this.drop();
    }
  }

  #handle(frame: Frame): void {
    if (this.#component === undefined) this.#connect(frame);
    else if (frame.flags & MESSAGE_FLAGS.endOfStream) this.#end(frame.streamId);
    else void this.#call(this.#component, frame);
  }

  #connect({ type, payload }: Frame): void {
    const { tokens, faults, personality, socket, log } = this.#options;
    if (type !== MESSAGE_TYPE.connect) throw new Error('the first frame is no connect');
    const component = faults.refuseTokens ? undefined : tokens.componentOf(readFields(payload).authToken);
    if (component === undefined) {
      log('refuses a token');
      if (personality.refusesTokensPolitely) this.#write({ type: MESSAGE_TYPE.connectAck, flags: 0, streamId: 0 });
      else socket.destroy();
      return;
    }
    this.#component = component;
    this.#write({ type: MESSAGE_TYPE.connectAck, flags: MESSAGE_FLAGS.connectionAccepted, streamId: 0 });
  }

  async #call(component: string, { streamId, operation: fullName = '', payload }: Frame): Promise<void> {
    const { faults, personality, operations } = this.#options;
    const name = fullName.startsWith(NAMESPACE) ? fullName.slice(NAMESPACE.length) : fullName;
    this.#streams.set(streamId, { endListeners: new Set(), early: [] });
    const fault = faults.take(name);
    try {
      if (fault?.when === 'before') this.#fail(fault);
      const operation = personality.operations.has(name) ? operations[name] : undefined;
      if (operation === undefined) throw new IpcError('ServiceError', ''); // fact L6
      const response = await operation({
        component,
        fields: readFields(payload),
        send: (shape, event) => this.#event(streamId, shape, event),
        onEnd: (listener) => this.#onEnd(streamId, listener),
      });
      await faults.whenReleased(name);
      if (fault) this.#fail(fault);
      this.#respond(streamId, { type: MESSAGE_TYPE.application, flags: 0 }, `${name}Response`, response);
      this.#releaseEvents(streamId);
    } catch (error) {
      this.#refuse(streamId, error);
    }
  }

  #fail(fault: NonNullable<ReturnType<Faults['take']>>): never {
    if (fault.kind === 'error') throw new IpcError(fault.code, fault.message);
    this.drop();
    throw new IpcError('ServiceError', 'the connection was dropped'); // nobody hears it
  }

  #refuse(streamId: number, error: unknown): void {
    const known = error instanceof IpcError ? error : new IpcError('ServiceError', String(error));
    const payload = { _message: known.message, _errorCode: known.code };
    const head = { type: MESSAGE_TYPE.error, flags: MESSAGE_FLAGS.endOfStream };
    this.#respond(streamId, head, known.code, payload);
    this.#end(streamId);
  }

  #event(streamId: number, shape: string, payload: unknown): void {
    const early = this.#streams.get(streamId)?.early;
    if (early) early.push({ shape, payload });
    else this.#respond(streamId, { type: MESSAGE_TYPE.application, flags: 0 }, shape, payload);
  }

  #releaseEvents(streamId: number): void {
    const stream = this.#streams.get(streamId);
    const early = stream?.early ?? [];
    if (stream) stream.early = undefined;
    for (const { shape, payload } of early) this.#event(streamId, shape, payload);
  }

  #respond(streamId: number, head: Pick<OutgoingFrame, 'type' | 'flags'>, shape: string, payload: unknown): void {
    if (!this.#streams.has(streamId)) return;
    this.#write({ ...head, streamId, shape: NAMESPACE + shape, payload });
  }

  #write(frame: OutgoingFrame): void {
    const bytes = encodeFrame(frame);
    if (bytes.length > this.#options.personality.maxFrameBytes) {
      this.#options.log(`drops a frame of ${bytes.length} bytes`);
    } else if (!this.#options.socket.destroyed) this.#options.socket.write(bytes);
  }

  #onEnd(streamId: number, listener: () => void): void {
    const stream = this.#streams.get(streamId);
    if (stream) stream.endListeners.add(listener);
    else listener();
  }

  #end(streamId: number): void {
    const stream = this.#streams.get(streamId);
    this.#streams.delete(streamId);
    for (const listener of stream?.endListeners ?? []) listener();
  }
}

function readFields(payload: Uint8Array): Fields {
  if (payload.length === 0) return {};
  const fields: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new IpcError('InvalidArgumentsError', 'the request is no JSON object');
  }
  return fields as Fields; // an object whose values are looked at one by one
}
