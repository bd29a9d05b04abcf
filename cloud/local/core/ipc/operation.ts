/** A request's fields as they come off the wire; each operation checks its own. */
export type Fields = Readonly<Record<string, unknown>>;

/** One call of an operation, by a component, over a stream that stays open for events. */
export interface OperationCall {
  /** The component that the token belongs to. */
  readonly component: string;
  readonly fields: Fields;
  /** Sends an event, such as `IoTCoreMessage`; dropped where the stream has ended or the frame would be too large. */
  send(shape: string, payload: unknown): void;
  /** Calls when the stream ends: by the component, or with its connection. */
  onEnd(listener: () => void): void;
}

/** Answers with the response's fields. @throws IpcError */
export type Operation = (call: OperationCall) => Promise<object> | object;

/** Operations by their names without the namespace. */
export type Operations = Readonly<Record<string, Operation>>;
