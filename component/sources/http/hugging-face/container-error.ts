import { Refusal } from '../service.ts';

/** What the container behind an endpoint would say of a request, as SageMaker hands it on. */
export function containerError(what: string): Refusal {
  const original = JSON.stringify({ code: 400, type: 'InternalServerException', message: what });
  return new Refusal(
    { type: 'ModelError', status: 424 },
    `Received client error (400) from primary with message "${original}".`,
    { OriginalStatusCode: 400, OriginalMessage: original },
  );
}
