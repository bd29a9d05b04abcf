import type { IPublishPacket, MqttClient } from 'mqtt';

/** mqtt.js's own way to write a packet: not in its types, and the only place where an acknowledgement passes. */
interface PacketSender {
  _sendPacket(packet: { cmd: string; messageId?: number }, done?: (error?: Error) => void): void;
}

interface Held {
  readonly messageId: number;
  state: 'running' | 'done' | 'failed';
}

/**
 * Takes the acknowledgement of incoming QoS 1 messages out of mqtt.js's hands. By itself it acknowledges a message before
 * it reads the next one, so either everything is handled one by one or acknowledged before it is handled. With this
 * messages flow in, up to `limit` at once, and each is acknowledged when its handler has resolved, in the order in which
 * they came (MQTT-4.6.0-2). A handler that rejects leaves its message unacknowledged.
 */
export function holdAcks(client: MqttClient, limit: number, handle: (packet: IPublishPacket) => Promise<void>): void {
  const sender = client as unknown as PacketSender; // the method is private in the types
  const send = sender._sendPacket.bind(client);
  /** Messages of this connection that are not acknowledged yet, the oldest first. */
  let held: Held[] = [];
  /** Handlers at work, those of messages that came by an earlier connection included. */
  let running = 0;
  let goOn: (() => void) | undefined;
  let keepAlive: NodeJS.Timeout | undefined;

  sender._sendPacket = (packet, done) => {
    if (packet.cmd === 'puback') done?.();
    else send(packet, done);
  };

  function unblock(): void {
    clearInterval(keepAlive);
    keepAlive = undefined;
    const resume = goOn;
    goOn = undefined;
    resume?.();
  }

  function isFull(): boolean {
    return running >= limit || held.length >= limit;
  }

  function settle(entry: Held, state: 'done' | 'failed'): void {
    running--;
    entry.state = state;
    for (let head = held[0]; head !== undefined && head.state !== 'running'; head = held[0]) {
      held.shift();
      if (head.state === 'done' && client.connected) send({ cmd: 'puback', messageId: head.messageId });
    }
    if (goOn !== undefined && !isFull()) unblock();
  }

  client.on('close', () => {
    held = []; // the broker sends them again, and an acknowledgement is for the connection that its message came by
    unblock();
  });

  client.handleMessage = (packet, done) => {
    const entry: Held = { messageId: packet.messageId ?? 0, state: 'running' };
    if (packet.qos === 1) held.push(entry);
    running++;
    handle(packet).then(
      () => settle(entry, 'done'),
      () => settle(entry, 'failed'),
    );
    if (!isFull()) {
      done();
      return;
    }
    // Nothing more is read until a handler is done. Answers to pings are not read either, so that the client would give
    // its connection up: ping by hand, and put its own clock off, for as long.
    goOn = () => done();
    const periodMs = (client.options.keepalive ?? 60) * 500;
    keepAlive = setInterval(() => {
      client.sendPing();
      client.keepaliveManager?.reschedule();
    }, periodMs);
    keepAlive.unref();
  };
}
