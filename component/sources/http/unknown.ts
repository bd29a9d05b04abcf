import { type HttpService, Refusal } from './service.ts';

/** What is none of the APIs, in a form that the clients of each can read. */
export const unknown: HttpService = {
  troubles: {
    full: { type: 'ServiceUnavailable', status: 503 },
    unavailable: { type: 'ServiceUnavailable', status: 503 },
    'no-model': { type: 'UnknownOperationException', status: 404 },
    'too-long': { type: 'UnknownOperationException', status: 404 },
    failed: { type: 'InternalFailure', status: 500 },
  },
  accepts: () => true,
  answer: () => Promise.reject(new Refusal(unknown.troubles['no-model'], 'this device does not answer the operation')),
  refuse: ({ type, status, message }) => ({
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': type },
    body: JSON.stringify({ __type: type, message }),
  }),
};
