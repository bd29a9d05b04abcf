/** `waiting`: no connection now, and another try is under way. `closed` is for good. */
export type LinkState = 'waiting' | 'connected' | 'closed';

/** A change of state, with its reason in words for the log. */
export interface LinkChange {
  readonly state: LinkState;
  readonly reason: string;
  /** True where the other side turned this client down: without other credentials or rights, trying again hardly helps. */
  readonly refused?: boolean;
}

/** A message off the link. The bytes are whatever somebody sent: hostile until read. */
export interface LinkMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** True where it is known that somebody kept it on its way: it says nothing of the time that delivery takes. */
  readonly kept?: boolean;
}

/**
 * Handles one message; the sender gets its acknowledgement when this resolves. Several run at once, in the order in which
 * they came. One that rejects leaves its message unacknowledged, so that it comes again with the next connection. Not so
 * under Greengrass: there the nucleus has acknowledged it before, and nothing comes again.
 */
export type LinkHandler = (message: LinkMessage) => Promise<void>;

export interface LinkSubscription {
  /** Resolves when the broker has granted it the first time. @throws VergeError LINK_SUBSCRIBE_REFUSED, LINK_CLOSED */
  readonly granted: Promise<void>;
  /** Hands over nothing more. What comes now stays unacknowledged, so the broker keeps it for the next session. */
  stop(): void;
}

/** What the other side takes at most. */
export interface LinkLimits {
  /** Acknowledged publishes that may be under way at once; more wait. */
  readonly inFlightMessages: number;
  /** Bytes of one payload; absent: as many as IoT Core takes. */
  readonly payloadBytes?: number;
}

/** The way to the cloud: a plain MQTT broker, or Greengrass IPC. Reconnects by itself, for ever, with back-off. */
export interface Link {
  readonly state: LinkState;
  readonly limits: LinkLimits;
  /** Whether a message that no handler finished comes again; where it doesn't, whoever needs it writes it down. */
  readonly redelivers: boolean;
  /** Starts connecting; subscribe before, so that nothing of a resumed session finds no handler. */
  start(): void;
  /**
   * Resolves when the other side has acknowledged (QoS 1) or the message has left (QoS 0).
   * @throws VergeError LINK_DOWN at once without a connection or when it breaks, LINK_PUBLISH_TIMEOUT, LINK_PUBLISH_REFUSED, LINK_CLOSED
   */
  publish(topic: string, payload: Uint8Array, options: { readonly qos: 0 | 1 }): Promise<void>;
  /** Subscribes with QoS 1, now and after every reconnect. */
  subscribe(filter: string, handler: LinkHandler): LinkSubscription;
  /** Calls for every change of state; the function returned ends that. */
  onChange(listener: (change: LinkChange) => void): () => void;
  /** Says goodbye, so that no last will is sent, and frees everything. Safe to call twice. */
  close(): Promise<void>;
}
