import { useEffect, useState } from 'preact/hooks';
import type { Frame } from '../../wire/frame.ts';
import { store } from './store.ts';

interface StreamOptions<Data> {
  readonly url: string;
  take(data: Data): void;
  connected?(is: boolean): void;
}

const RETRY_MS = 2_000;

/**
 * Listens to a stream while the page is seen. One that was hidden goes on where it stopped: the browser does so itself after
 * a broken connection, by Last-Event-ID; here the address says it.
 */
function openStream<Data>({ url, take, connected }: StreamOptions<Data>): () => void {
  let source: EventSource | undefined;
  let lastId = '';
  let timer = 0;

  function open(): void {
    const address = new URL(url, location.href);
    if (lastId !== '') address.searchParams.set('since', lastId);
    source = new EventSource(address);
    source.onmessage = (event: MessageEvent<string>): void => {
      lastId = event.lastEventId;
      connected?.(true);
      take(JSON.parse(event.data) as Data); // the server of the same build wrote it
    };
    source.onerror = (): void => {
      connected?.(false);
      close(); // the browser would try again, with the address as it was
      timer = setTimeout(open, RETRY_MS);
    };
  }
  function close(): void {
    source?.close();
    source = undefined;
    clearTimeout(timer);
  }
  function seen(): void {
    if (document.hidden) close();
    else if (source === undefined) open();
  }

  document.addEventListener('visibilitychange', seen);
  seen();
  return () => {
    document.removeEventListener('visibilitychange', seen);
    close();
  };
}

/** Fills the store, as long as the page is there. */
export function listen(): void {
  openStream<Frame>({ url: '/live', take: (frame) => store.take(frame), connected: (is) => store.setConnected(is) });
}

/** What a stream of a view's own told last; undefined until it has. */
export function useStream<Data>(url: string, take: (data: Data, before: Data | undefined) => Data): Data | undefined {
  const [told, setTold] = useState<{ readonly url: string; readonly data: Data } | undefined>();
  useEffect(
    () =>
      openStream<Data>({
        url,
        take: (data) => setTold((before) => ({ url, data: take(data, before?.url === url ? before.data : undefined) })),
      }),
    [url],
  );
  return told?.url === url ? told.data : undefined;
}
