/** A message of the local bus: bytes, or a JSON value that the bus itself carries as one. */
export type LocalPayload =
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }
  | { readonly kind: 'json'; readonly value: unknown };

export interface LocalMessage {
  readonly topic: string;
  readonly payload: LocalPayload;
}

export type LocalHandler = (message: LocalMessage) => Promise<void>;

export interface LocalSubscription {
  /** Resolves when it stands the first time. @throws VergeError LINK_SUBSCRIBE_REFUSED, LINK_CLOSED */
  readonly granted: Promise<void>;
  /** Hands over nothing more. */
  stop(): void;
}

/**
 * Publish and subscribe among the components of one device. At most once: there are no acknowledgements, what nobody listens
 * to is gone, and so is what comes while the bus is away. Subscriptions come back by themselves.
 */
export interface LocalBus {
  /** One topic, without wildcards. Several messages may be handled at once, begun in the order in which they came. */
  subscribe(topic: string, handler: LocalHandler): LocalSubscription;
  /** @throws VergeError LINK_DOWN, LINK_PUBLISH_TIMEOUT, LINK_PUBLISH_REFUSED, LINK_CLOSED */
  publish(topic: string, payload: LocalPayload): Promise<void>;
}
