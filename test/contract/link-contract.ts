import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Link, LinkMessage, LinkState } from '../../component/link/link.ts';

/** A far side that a link reaches, under the test's control. */
export interface LinkWorld {
  /** A link of this identity; the same identity again is the same session. Not started. */
  makeLink(identity: string): Link;
  /**
   * Whether the far side keeps a session: what was sent while the link was away, and what no handler has finished, comes
   * with the next. A Greengrass nucleus acknowledges a message before it hands it over, and keeps none.
   */
  readonly keepsSessions: boolean;
  /** Messages that its links take in at most without a handler having finished one. */
  readonly maxUnfinished: number;
  /** The far side goes away, and comes back with its sessions. */
  interrupt(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

/** Resolves when a link is in a state. */
export function whenState(link: Link, state: LinkState): Promise<void> {
  if (link.state === state) return Promise.resolve();
  return new Promise((resolve) => {
    const end = link.onChange((change) => {
      if (change.state !== state) return;
      end();
      resolve();
    });
  });
}

/** Everything that a subscription hands over, and a way to wait for it. */
class Inbox {
  readonly messages: LinkMessage[] = [];
  #wake: (() => void) | undefined;

  readonly handler = async (message: LinkMessage): Promise<void> => {
    this.messages.push(message);
    this.#wake?.();
  };

  async until(count: number): Promise<string[]> {
    while (this.messages.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.texts();
  }

  texts(): string[] {
    return this.messages.map(({ payload }) => Buffer.from(payload).toString('utf8'));
  }
}

/** The promises of the link port; every link is fed to this. */
export function linkContract(name: string, makeWorld: () => Promise<LinkWorld>): void {
  describe(`the ${name}`, () => {
    let world: LinkWorld;
    const links: Link[] = [];

    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async () => {
      await Promise.all(links.splice(0).map((link) => link.close()));
      await world.close();
    });

    function open(identity = randomBytes(6).toString('hex')): Link {
      const link = world.makeLink(identity);
      links.push(link);
      return link;
    }

    async function connected(identity?: string): Promise<Link> {
      const link = open(identity);
      link.start();
      await whenState(link, 'connected');
      return link;
    }

    const send = (link: Link, text: string, topic = 'dt/verge/f/t/result'): Promise<void> =>
      link.publish(topic, Buffer.from(text), { qos: 1 });

    it('carries bytes unchanged, and a publish resolves once it is acknowledged', async () => {
      const [sender, receiver] = [await connected(), await connected()];
      const inbox = new Inbox();
      await receiver.subscribe('dt/verge/+/t/result', inbox.handler).granted;
      const bytes = randomBytes(4096);

      await sender.publish('dt/verge/f/t/result', bytes, { qos: 1 });

      await inbox.until(1);
      expect(Buffer.from(inbox.messages[0]?.payload ?? [])).toEqual(bytes);
      expect(inbox.messages[0]?.topic).toBe('dt/verge/f/t/result');
      expect(inbox.messages[0]?.kept ?? false).toBe(false);
    });

    it('keeps the order of what is sent one after the other', async () => {
      const [sender, receiver] = [await connected(), await connected()];
      const inbox = new Inbox();
      await receiver.subscribe('dt/verge/f/t/result', inbox.handler).granted;
      const texts = Array.from({ length: 100 }, (_, index) => `${index}`);

      await Promise.all(texts.map((text) => send(sender, text)));

      expect(await inbox.until(100)).toEqual(texts);
    });

    it('refuses to publish at once without a connection', async () => {
      const link = open();

      const publish = send(link, 'x');

      await expect(publish).rejects.toMatchObject({ code: 'LINK_DOWN' });
    });

    it('gives up what was under way when the other side goes away, and comes back by itself', async () => {
      const link = await connected();
      const waiting = whenState(link, 'waiting');
      await world.interrupt();
      await waiting;

      await expect(send(link, 'x')).rejects.toMatchObject({ code: 'LINK_DOWN' });
      const back = whenState(link, 'connected');
      await world.resume();
      await back;

      await expect(send(link, 'y')).resolves.toBeUndefined();
    });

    it('subscribes again after a reconnect, before it says that it is connected', async () => {
      const receiver = await connected('receiver');
      const inbox = new Inbox();
      await receiver.subscribe('dt/verge/f/t/result', inbox.handler).granted;
      const away = whenState(receiver, 'waiting');
      await world.interrupt();
      await away;
      const back = whenState(receiver, 'connected');
      await world.resume();
      if (!world.keepsSessions) await back;
      const sender = await connected();

      await send(sender, 'hello again');

      expect(await inbox.until(1)).toEqual(['hello again']);
    });

    it('delivers again in the next session what no handler finished, where the far side keeps sessions', async () => {
      const sender = await connected();
      const first = await connected('same');
      const arrived = new Promise<void>((resolve) => {
        first.subscribe('dt/verge/f/t/result', () => {
          resolve();
          return new Promise(() => undefined);
        });
      });
      await first.subscribe('dt/verge/f/t/other', async () => undefined).granted;
      await send(sender, 'unfinished');
      await arrived;
      await first.close();

      const second = open('same');
      const inbox = new Inbox();
      second.subscribe('dt/verge/f/t/result', inbox.handler);
      second.start();
      await whenState(second, 'connected');
      await send(sender, 'next');

      const expected = world.keepsSessions ? ['unfinished', 'next'] : ['next'];
      expect(await inbox.until(expected.length)).toEqual(expected);
      expect(inbox.messages[0]?.kept ?? false).toBe(world.keepsSessions);
    });

    it('delivers nothing again that a handler finished', async () => {
      const sender = await connected();
      const first = await connected('same');
      const before = new Inbox();
      await first.subscribe('dt/verge/f/t/result', before.handler).granted;
      await send(sender, 'finished');
      await before.until(1);
      await send(first, 'behind the acknowledgement', 'dt/verge/f/t/other');
      await first.close();

      const second = open('same');
      const after = new Inbox();
      second.subscribe('dt/verge/f/t/result', after.handler);
      second.start();
      await whenState(second, 'connected');
      await send(sender, 'next');

      expect(await after.until(1)).toEqual(['next']);
    });

    it('hands over no more after a subscription is stopped, and leaves it for the next session if there is one', async () => {
      const sender = await connected();
      const first = await connected('same');
      const stopped = new Inbox();
      const still = new Inbox();
      const subscription = first.subscribe('dt/verge/f/t/result', stopped.handler);
      await Promise.all([subscription.granted, first.subscribe('dt/verge/f/t/other', still.handler).granted]);
      subscription.stop();
      for (let index = 0; index < 120; index++) await send(sender, `${index}`); // more than may be unacknowledged at once
      await send(sender, 'x', 'dt/verge/f/t/health');
      await send(first, 'still alive', 'dt/verge/f/t/health');
      await first.close();

      const second = open('same');
      const inbox = new Inbox();
      second.subscribe('dt/verge/f/t/result', inbox.handler);
      second.start();
      await whenState(second, 'connected');
      const texts = await inbox.until(world.keepsSessions ? 120 : 0);

      expect(stopped.messages).toEqual([]);
      expect(new Set(texts).size).toBe(world.keepsSessions ? 120 : 0);
    });

    it('runs handlers side by side and still acknowledges each by itself', async () => {
      const [sender, receiver] = [await connected(), await connected()];
      const releases: (() => void)[] = [];
      const all = new Promise<void>((resolve) => {
        receiver.subscribe('dt/verge/f/t/result', () => {
          return new Promise<void>((release) => {
            releases.push(release);
            if (releases.length === 10) resolve();
          });
        });
      });
      await receiver.subscribe('dt/verge/f/t/other', async () => undefined).granted;

      for (let index = 0; index < 10; index++) await send(sender, `${index}`);

      await all;
      for (const release of releases) release();
      expect(releases).toHaveLength(10);
    });

    it('takes in no more than a bounded number of messages that no handler has finished', async () => {
      const [sender, receiver] = [await connected(), await connected()];
      const inbox = new Inbox();
      let [running, most] = [0, 0];
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      await receiver.subscribe('dt/verge/f/t/result', async (message) => {
        most = Math.max(most, ++running);
        await gate;
        running--;
        await inbox.handler(message);
      }).granted;
      for (let index = 0; index < 300; index++) await send(sender, `${index}`);

      open();
      const texts = await inbox.until(300);

      expect(texts).toEqual(Array.from({ length: 300 }, (_, index) => `${index}`));
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(world.maxUnfinished);
    });

    it('is closed for good, twice over, and says so to a publisher', async () => {
      const link = await connected();

      await Promise.all([link.close(), link.close()]);

      expect(link.state).toBe('closed');
      await expect(send(link, 'x')).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    });
  });
}
