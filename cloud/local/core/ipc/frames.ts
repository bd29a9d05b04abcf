import { EventStreamCodec } from '@smithy/core/event-streams';

/** `:message-type` (fact I3). */
export const MESSAGE_TYPE = { application: 0, error: 1, connect: 4, connectAck: 5 } as const;
/** Bits of `:message-flags` (fact I3). */
export const MESSAGE_FLAGS = { connectionAccepted: 1, endOfStream: 2 } as const;

/** A frame taken apart; headers that are not named are of no concern to the protocol. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly operation: string | undefined;
  readonly payload: Uint8Array;
}

/** A frame to be sent. `shape` is the `service-model-type`, such as `aws.greengrass#UpdateStateResponse`. */
export interface OutgoingFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly shape?: string;
  readonly payload?: unknown;
}

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
);
/** u32 total length, u32 length of the headers, CRC32 of both (fact I3). */
const PRELUDE_BYTES = 12;

/** Event-stream bytes of a frame (fact I3). */
export function encodeFrame({ type, flags, streamId, shape, payload }: OutgoingFrame): Uint8Array {
  return codec.encode({
    headers: {
      ':message-type': { type: 'integer', value: type },
      ':message-flags': { type: 'integer', value: flags },
      ':stream-id': { type: 'integer', value: streamId },
      ...(shape === undefined
        ? {}
        : {
            ':content-type': { type: 'string', value: 'application/json' },
            'service-model-type': { type: 'string', value: shape },
          }),
    },
    body: payload === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(payload)),
  });
}

/** Cuts a socket's bytes into frames. */
export class FrameReader {
  readonly #maxBytes: number;
  #pending: Buffer = Buffer.alloc(0);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The frames that are whole with these bytes. @throws Error where the bytes are no frame, or one over the limit */
  push(bytes: Buffer): Frame[] {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const frames: Frame[] = [];
    while (this.#pending.length >= PRELUDE_BYTES) {
      const total = this.#pending.readUInt32BE(0);
      if (total > this.#maxBytes) throw new Error(`a frame has ${total} bytes, over ${this.#maxBytes}`);
      if (this.#pending.length < total) break;
      frames.push(decodeFrame(this.#pending.subarray(0, total)));
      this.#pending = this.#pending.subarray(total);
    }
    return frames;
  }
}

function decodeFrame(bytes: Buffer): Frame {
  const { headers, body } = codec.decode(bytes);
  const number = (name: string): number => {
    const header = headers[name];
    if (header?.type !== 'integer') throw new Error(`a frame has no int32 header ${name}`);
    return header.value;
  };
  const operation = headers.operation;
  return {
    type: number(':message-type'),
    flags: number(':message-flags'),
    streamId: number(':stream-id'),
    operation: operation?.type === 'string' ? operation.value : undefined,
    payload: body,
  };
}
