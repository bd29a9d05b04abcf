import { askSchema } from '../../contract/local.ts';
import { makeReplies, nameTexts } from '../reply.ts';
import { readInput, readJsonBody } from './read-input.ts';
import type { HttpReply, HttpService } from './service.ts';

const PATH = '/v1/classify';
const CONTENT_TYPE = 'application/json';

/** For whoever has no AWS client: what the local topic takes, by `curl`. */
export const plain: HttpService = {
  troubles: {
    full: { type: 'ENGINE_QUEUE_FULL', status: 429 },
    unavailable: { type: 'SOURCE_NOT_READY', status: 503 },
    'no-model': { type: 'SOURCE_MODEL_UNKNOWN', status: 404 },
    'too-long': { type: 'ENGINE_TEXT_TOO_LONG', status: 413 },
    failed: { type: 'INTERNAL', status: 500 },
  },
  accepts: ({ method, path }) => method === 'POST' && path === PATH,
  async answer(call, back) {
    const observedAt = back.now();
    const { id, model, texts } = readInput(askSchema, readJsonBody(call), { type: 'MESSAGE_INVALID', status: 400 });
    const named = nameTexts(id ?? call.requestId, texts);
    const outcomes = await back.ask(model, named, observedAt);
    const answered = { id, texts: named, outcomes, observedAt, runnersUp: Number.POSITIVE_INFINITY };
    return reply(200, makeReplies(answered, Number.POSITIVE_INFINITY)[0]);
  },
  refuse: ({ type, status, message }) => reply(status, { error: { code: type, message } }),
};

function reply(status: number, body: unknown): HttpReply {
  return { status, headers: { 'content-type': CONTENT_TYPE }, body: JSON.stringify(body) };
}
