import type { MqttClient } from 'mqtt';
import { IpcError } from '../ipc/ipc-error.ts';
import type { IotCoreLimits } from '../personality.ts';

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
}

interface UnderWay {
  readonly message: OutgoingMessage;
  readonly messageId: number;
}

/** Topic length and packet id; the fixed header has 2 to 5. */
const PACKET_OVERHEAD_BYTES = 7;

/**
 * What is on its way to the broker: with a spool (Java) messages wait for their turn and for the broker; without (lite)
 * they go out at once or fail, and what is not acknowledged when the connection breaks is forgotten.
 */
export class PublishQueue {
  readonly #client: MqttClient;
  readonly #limits: IotCoreLimits;
  readonly #log: (text: string) => void;
  readonly #waiting: OutgoingMessage[] = [];
  readonly #underWay = new Set<UnderWay>();

  constructor(client: MqttClient, limits: IotCoreLimits, log: (text: string) => void) {
    this.#client = client;
    this.#limits = limits;
    this.#log = log;
  }

  /** Takes a message. @throws IpcError ServiceError */
  add(message: OutgoingMessage): void {
    if (this.#limits.spoolBytes === 0) this.#sendOrFail(message);
    else this.#spool(message);
  }

  /** Sends what waits, as far as the broker may be pressed. */
  pump(): void {
    while (this.#client.connected && this.#underWay.size < this.#limits.maxInFlight) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      this.#send(message);
    }
  }

  connectionLost(): void {
    const lost = [...this.#underWay];
    this.#underWay.clear();
    for (const { messageId } of lost) this.#client.removeOutgoingMessage(messageId);
    if (this.#limits.spoolBytes > 0) this.#waiting.unshift(...lost.map(({ message }) => message));
    else if (lost.length > 0) this.#log(`forgets ${lost.length} messages that the broker had not acknowledged`);
  }

  #sendOrFail(message: OutgoingMessage): void {
    if (!this.#client.connected) throw new IpcError('ServiceError', 'Failed to publish.'); // fact L5
    if (message.qos === 1) {
      const bytes = [...this.#underWay].reduce((sum, entry) => sum + packetBytes(entry.message), packetBytes(message));
      if (this.#underWay.size >= this.#limits.maxInFlight || bytes > this.#limits.maxInFlightBytes) {
        throw new IpcError('ServiceError', 'Failed to publish.'); // fact L5
      }
    }
    this.#send(message);
  }

  #spool(message: OutgoingMessage): void {
    if (!this.#client.connected && message.qos === 0) {
      throw new IpcError('ServiceError', 'Device is offline. Dropping QoS 0 message.');
    }
    const size = (): number =>
      [...this.#waiting, ...[...this.#underWay].map((entry) => entry.message)].reduce(
        (sum, { payload }) => sum + payload.length,
        message.payload.length,
      );
    while (size() > this.#limits.spoolBytes) {
      const oldest = this.#waiting.findIndex(({ qos }) => qos === 0);
      if (oldest < 0) throw new IpcError('ServiceError', 'Message spool is full. Message could not be added.');
      this.#waiting.splice(oldest, 1);
    }
    this.#waiting.push(message);
    this.pump();
  }

  #send(message: OutgoingMessage): void {
    const { topic, payload, qos } = message;
    let entry: UnderWay | undefined;
    this.#client.publish(topic, payload, { qos }, () => {
      if (entry !== undefined && this.#underWay.delete(entry)) this.pump();
    });
    if (qos === 0) return;
    entry = { message, messageId: this.#client.getLastMessageId() };
    this.#underWay.add(entry);
  }
}

function packetBytes({ topic, payload }: OutgoingMessage): number {
  return Buffer.byteLength(topic) + payload.length + PACKET_OVERHEAD_BYTES;
}
