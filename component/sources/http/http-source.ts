import { randomUUID } from 'node:crypto';
import { constants } from 'node:http2';
import { asVergeError } from '../../contract/as-verge-error.ts';
import type { VergeError } from '../../contract/error.ts';
import type { HttpRoute } from '../../contract/http-routes.ts';
import { sourceErrors } from '../errors.ts';
import type { TextDesk } from '../text-desk.ts';
import { isAuthorised, TOKEN } from './authorise.ts';
import { comprehend } from './comprehend.ts';
import { lex } from './lex.ts';
import { type Listener, type ListenOptions, listen } from './listen.ts';
import { plain } from './plain.ts';
import { BodyRoom, CutOff, readBody } from './read-body.ts';
import { sagemaker } from './sagemaker.ts';
import {
  type HttpBack,
  type HttpCall,
  type HttpReply,
  type HttpService,
  type ModelFacts,
  Refusal,
  troubleOf,
} from './service.ts';
import { unknown } from './unknown.ts';

type Request = Parameters<ListenOptions['handle']>[0];
type Response = Parameters<ListenOptions['handle']>[1];

export interface HttpSourceOptions {
  readonly host: string;
  /** Undefined: none. 0: a free one. */
  readonly port: number | undefined;
  readonly socketPath: string | undefined;
  readonly token: string | undefined;
  readonly routes: readonly HttpRoute[];
  readonly maxBodyBytes: number;
  /** A request must have come in whole within this. */
  readonly timeoutMs: number;
  readonly desk: Pick<TextDesk, 'ask' | 'serves'>;
  readonly facts: (model: string) => ModelFacts | undefined;
  readonly now: () => Date;
  /** A bug behind an answer that says `failed`. */
  readonly onFailed: (error: VergeError) => void;
}

/** No caller of these APIs sends as many. */
const MAX_HEADERS = 100;
/** Bodies of the largest size that may be held at once. */
const MAX_BODIES = 16;
/** Whoever has not sent its request whole when everything else is done is cut off. */
const CLOSE_MS = 300;

const SERVICES: readonly HttpService[] = [comprehend, sagemaker, lex, plain];

/** Texts over HTTP, in the words of the AWS APIs that callers speak already. An answer goes out when its result is with the outbox. */
export class HttpSource {
  readonly #options: HttpSourceOptions;
  readonly #back: HttpBack;
  readonly #listeners: Listener[] = [];
  readonly #room: BodyRoom;
  #stopping = false;
  #closed: Promise<unknown> | undefined;

  /** @throws VergeError SOURCE_HTTP_TOKEN */
  constructor(options: HttpSourceOptions) {
    const { token, routes, desk, facts, now } = options;
    if (token !== undefined && !TOKEN.test(token)) {
      throw sourceErrors.make(
        'SOURCE_HTTP_TOKEN',
        `the token of the HTTP source has ${token.length} characters or strange ones`,
      );
    }
    this.#options = options;
    this.#room = new BodyRoom(options.maxBodyBytes * MAX_BODIES);
    this.#back = {
      route: (operation, name) => {
        const fitting = routes.filter((route) => route.operation === operation);
        const route = fitting.find((each) => each.name === name) ?? fitting.find((each) => each.name === undefined);
        return route?.model ?? (name !== undefined && facts(name) ? name : undefined);
      },
      facts: (model) => {
        const found = facts(model);
        if (found) return found;
        if (!desk.serves) throw sourceErrors.make('SOURCE_NOT_READY', 'models are loading');
        throw sourceErrors.make('SOURCE_MODEL_UNKNOWN', `no model ${model} serves here`);
      },
      now,
      ask: (model, texts, observedAt) => desk.ask(model, texts, observedAt ?? now()),
    };
  }

  /** Listens, and resolves to where. @throws VergeError SOURCE_HTTP_LISTEN */
  async start(): Promise<string[]> {
    const { host, port, socketPath } = this.#options;
    if (port !== undefined) await this.#listen({ host, port });
    if (socketPath !== undefined) await this.#listen({ path: socketPath });
    return this.#listeners.map(({ place }) => place);
  }

  /** Takes no more connections and requests; those begun are finished by the desk. */
  stop(): void {
    if (this.#closed) return;
    this.#stopping = true;
    this.#closed = Promise.all(this.#listeners.map((listener) => listener.stop()));
  }

  /** To be called when the desk is done: lets the last answers go out. Safe to call twice. */
  async close(): Promise<void> {
    this.stop();
    const cut = setTimeout(() => {
      for (const listener of this.#listeners) listener.cut();
    }, CLOSE_MS);
    await this.#closed;
    clearTimeout(cut);
  }

  async #listen(where: ListenOptions['where']): Promise<void> {
    const handle = (request: Request, response: Response): void => void this.#handle(request, response);
    this.#listeners.push(await listen({ where, timeoutMs: this.#options.timeoutMs, handle }));
  }

  async #handle(request: Request, response: Response): Promise<void> {
    const requestId = randomUUID();
    const head = {
      method: request.method ?? '',
      path: (request.url ?? '').split('?')[0] ?? '',
      header: (name: string) => [request.headers[name]].flat()[0],
      requestId,
    };
    const service = SERVICES.find((each) => each.accepts(head)) ?? unknown;
    try {
      const body = await this.#admit(request, service);
      const answered = service.answer({ ...head, body }, this.#back).finally(() => this.#room.give(body.length));
      send(response, await answered, requestId, this.#stopping);
    } catch (error) {
      if (error instanceof CutOff) abandon(response);
      else send(response, service.refuse(this.#asRefusal(error, service)), requestId, true);
    }
  }

  /** @throws Refusal */
  async #admit(request: Request, service: HttpService): Promise<HttpCall['body']> {
    const { authorization, origin } = request.headers;
    if (request.rawHeaders.length > MAX_HEADERS * 2) {
      throw new Refusal({ type: 'RequestHeaderSectionTooLargeException', status: 431 }, `over ${MAX_HEADERS} headers`);
    }
    if (origin !== undefined || request.headers['sec-fetch-site'] !== undefined) {
      // A page in a browser on the device could otherwise send texts to its loopback.
      throw new Refusal({ type: 'AccessDeniedException', status: 403 }, 'this device answers no browsers');
    }
    if (!isAuthorised(authorization, this.#options.token)) {
      const what = 'The security token included in the request is invalid.';
      throw new Refusal({ type: 'UnrecognizedClientException', status: 403 }, what);
    }
    if (this.#stopping) throw new Refusal(service.troubles.unavailable, 'the runtime is stopping');
    const body = await readBody(request, this.#options.maxBodyBytes, this.#room);
    if (body === 'no-room') throw new Refusal(service.troubles.full, 'other requests are being read');
    if (body !== 'too-large') return body;
    const what = `the body has over ${this.#options.maxBodyBytes} bytes`;
    throw new Refusal({ type: 'RequestEntityTooLargeException', status: 413 }, what);
  }

  #asRefusal(error: unknown, service: HttpService): Refusal {
    if (error instanceof Refusal) return error;
    const known = asVergeError(error);
    const trouble = troubleOf(known);
    if (trouble === 'failed') this.#options.onFailed(known);
    return new Refusal(service.troubles[trouble], known.code === 'INTERNAL' ? 'this is a bug' : known.message);
  }
}

function abandon(response: Response): void {
  if ('stream' in response) response.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  else response.destroy();
}

/** @param last nothing more is answered on this connection */
function send(response: Response, { status, headers, body }: HttpReply, requestId: string, last: boolean): void {
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), 'x-amzn-requestid': requestId };
  if (!('stream' in response)) response.writeHead(status, last ? { ...all, connection: 'close' } : all).end(body);
  else if (!response.stream.destroyed) {
    response.writeHead(status, all).end(body);
    response.req.resume(); // what is unread of the request would keep its stream open
  }
}
