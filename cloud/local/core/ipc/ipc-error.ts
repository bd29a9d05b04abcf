/** Errors that the operations answer with, by their names in the service's model. */
export type IpcErrorName =
  | 'ServiceError'
  | 'UnauthorizedError'
  | 'ResourceNotFoundError'
  | 'InvalidArgumentsError'
  | 'ConflictError'
  | 'FailedUpdateConditionCheckError';

/** An operation's refusal, as it goes to the component. */
export class IpcError extends Error {
  override readonly name = 'IpcError';
  readonly code: IpcErrorName;

  constructor(code: IpcErrorName, message: string) {
    super(message);
    this.code = code;
  }
}
