import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { fleetNameSchema, thingNameSchema } from '../../../component/contract/topics.ts';
import { dashboardErrors } from '../errors.ts';
import { deviceDetail } from '../live/device-detail.ts';
import type { Live, Surroundings } from '../live/live.ts';
import type { DevicePast } from '../past/history.ts';
import { readResultFilter } from '../wire/result-filter.ts';
import { type Answer, answerWith } from './answer.ts';
import { readAssets } from './assets.ts';
import { EventStream } from './event-stream.ts';
import { isAdmitted, isLoopback, isOurHost, MIN_TOKEN_LENGTH } from './guard.ts';
import { listen } from './listen.ts';
import { makeMetrics } from './metrics.ts';
import { ResultWatch } from './result-watch.ts';
import { signIn } from './sign-in.ts';

export interface ServeOptions {
  /** The built page. */
  readonly assetsFolder: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly token?: string | undefined;
  /** Other names by which the page is opened. */
  readonly names?: readonly string[] | undefined;
  /** How often pages are told of changes. */
  readonly everyMs?: number | undefined;
}

export interface ServedState {
  readonly live: Live;
  readonly now: () => number;
  surroundings(): Surroundings;
  devicePast(place: { readonly fleet: string; readonly thing: string }): Promise<DevicePast | undefined>;
}

export interface DashboardServer {
  readonly url: string;
  /** Pages that are open now. */
  pages(): number;
  close(): Promise<void>;
}

/** A message that answers one page at one moment. */
interface Listener {
  readonly stream: EventStream;
  tell(): void;
  end(): void;
}

const EVERY_MS = 1_000;
/** Streams open at once, of all pages. */
const MAX_STREAMS = 64;
/** A peer that vanished without a word is asked after so long, and gone some seconds later. */
const ASK_PEER_MS = 30_000;

/** Serves the page and what it shows. @throws VergeError DASHBOARD_HOST_OPEN, DASHBOARD_TOKEN_WEAK, DASHBOARD_PORT_TAKEN */
export async function serveDashboard(options: ServeOptions, state: ServedState): Promise<DashboardServer> {
  const { host, port, token, names = [], everyMs = EVERY_MS } = options;
  if (token === undefined && !isLoopback(host)) {
    throw dashboardErrors.make('DASHBOARD_HOST_OPEN', `--host ${host} lets other machines in, and there is no token`);
  }
  if (token !== undefined && token.length < MIN_TOKEN_LENGTH) {
    throw dashboardErrors.make(
      'DASHBOARD_TOKEN_WEAK',
      `the token has ${token.length} characters, and ${MIN_TOKEN_LENGTH} are the least`,
    );
  }
  const assets = await readAssets(options.assetsFolder);
  const { live, now } = state;
  /** Revisions of another run of this server mean nothing here. */
  const epoch = randomBytes(6).toString('hex');
  const listeners = new Set<Listener>();
  const metrics = makeMetrics(live, now, () => listeners.size);

  const server = createServer({ keepAlive: true, keepAliveInitialDelay: ASK_PEER_MS }, (request, response) => {
    const answer: Answer = answerWith(request, response);
    if (!isOurHost(request.headers.host, names)) return answer.refuse(421, 'This server is not known by that name.');
    if (!URL.canParse(request.url ?? '', 'http://localhost')) return answer.refuse(400, 'That is no address.');
    const url = new URL(request.url ?? '', 'http://localhost');
    if (token !== undefined && url.pathname === '/sign-in') return signIn(request, answer, token);
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer.refuse(405, 'Only GET is answered here.');
    const isPublic = /^\/[\w-]+\.(css|svg)$/.test(url.pathname);
    if (!isPublic && !isAdmitted(request.headers, token)) return answer.toSignIn(url);
    if (url.pathname === '/metrics') return void sendMetrics(answer);
    if (url.pathname.startsWith('/live')) {
      if (request.method === 'HEAD') return answer.refuse(405, 'A stream has no head of its own.');
      return openStream(url, request.headers['last-event-id'], answer);
    }
    const asset = assets.get(url.pathname.slice(1));
    if (asset) return answer.asset(asset);
    if (/\.\w+$/.test(url.pathname)) return answer.refuse(404, 'There is no such file.');
    const page = assets.get('index.html');
    if (page) answer.asset(page); // every other address is a state of the page
  });

  async function sendMetrics(answer: Answer): Promise<void> {
    try {
      answer.text(metrics.contentType, await metrics.render());
    } catch (error) {
      answer.refuse(500, `The metrics could not be written: ${String(error)}`);
    }
  }

  function openStream(url: URL, lastEventId: string | string[] | undefined, answer: Answer): void {
    const last = url.searchParams.get('since') ?? String(lastEventId ?? '');
    const [lastEpoch, lastRevision] = last.split('.');
    const since = lastEpoch === epoch && /^\d{1,15}$/.test(lastRevision ?? '') ? Number(lastRevision) : undefined;
    const make = listenerFor(url, since);
    if (make === undefined) {
      answer.refuse(404, 'There is no such stream.');
      return;
    }
    if (listeners.size >= MAX_STREAMS) drop(furthestBehind(listeners));
    const listener = make(new EventStream(answer.response));
    listeners.add(listener);
    answer.response.on('close', () => drop(listener));
    listener.tell();
  }

  function drop(listener: Listener | undefined): void {
    if (listener && listeners.delete(listener)) listener.end();
  }

  function listenerFor(url: URL, since: number | undefined): ((stream: EventStream) => Listener) | undefined {
    if (url.pathname === '/live') return (stream) => stateListener(stream, since);
    if (url.pathname === '/live/results') {
      const filter = readResultFilter(url.searchParams);
      return (stream) => new ResultWatch(stream, live, filter, epoch, since, now);
    }
    const [fleet = '', thing = '', ...rest] = url.pathname.slice('/live/device/'.length).split('/').map(decode);
    const isPlace = fleetNameSchema.safeParse(fleet).success && thingNameSchema.safeParse(thing).success;
    if (!url.pathname.startsWith('/live/device/') || rest.length > 0 || !isPlace) return undefined;
    return (stream) => deviceListener(stream, { fleet, thing });
  }

  function stateListener(stream: EventStream, since: number | undefined): Listener {
    let known = since;
    return {
      stream,
      tell() {
        if (!stream.isReading) return;
        const revision = live.revision.current;
        stream.send(`${epoch}.${revision}`, live.frameSince(known, state.surroundings(), now()));
        known = revision;
      },
      end: () => stream.end(),
    };
  }

  function deviceListener(stream: EventStream, place: { readonly fleet: string; readonly thing: string }): Listener {
    let past: DevicePast | undefined;
    state.devicePast(place).then(
      (found) => {
        past = found;
      },
      () => undefined, // the summary says that the database cannot be read
    );
    const key = `${place.fleet}/${place.thing}`;
    return {
      stream,
      tell() {
        if (stream.isReading) stream.send('0', deviceDetail(live, key, past, now()));
      },
      end: () => stream.end(),
    };
  }

  const bound = await listen(server, host, port);
  const timer = setInterval(() => {
    for (const listener of listeners) {
      listener.stream.look();
      if (listener.stream.isLeft) drop(listener);
      else listener.tell();
    }
  }, everyMs);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    pages: () => listeners.size,
    async close() {
      clearInterval(timer);
      for (const listener of listeners) drop(listener);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * Who makes room for a new page: whoever reads least, and among equals who came first. A page that lives comes back by itself, at
 * where it was; one that nobody reads does not, however little it was sent.
 */
function furthestBehind(listeners: ReadonlySet<Listener>): Listener | undefined {
  return [...listeners].reduce<Listener | undefined>(
    (worst, one) => (worst && worst.stream.behind >= one.stream.behind ? worst : one),
    undefined,
  );
}

function decode(words: string): string {
  try {
    return decodeURIComponent(words);
  } catch {
    return '';
  }
}
