import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BodyRoom, readBody } from '../../../../../component/sources/http/read-body.ts';

/** A request whose body the test sends. */
function request(): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { headers: {} }) as PassThrough & IncomingMessage; // all that is read of one
}

describe('reading bodies', () => {
  it('holds no more of all requests together than there is room for', async () => {
    const room = new BodyRoom(10);
    const [first, second, third] = [request(), request(), request()];
    const bodies = [first, second, third].map((each) => readBody(each, 8, room));

    first.write('12345678');
    second.write('123');
    third.write('12');
    for (const each of [first, second, third]) each.end();

    expect(await Promise.all(bodies)).toEqual([Buffer.from('12345678'), 'no-room', Buffer.from('12')]);
    expect(room.take(1)).toBe(false);
  });

  it('has the room again when a body was too large, or never came in whole', async () => {
    const room = new BodyRoom(10);
    const [large, gone, endless] = [request(), request(), request()];
    const bodies = [large, gone, endless].map((each) => readBody(each, 4, room));

    large.end('12345');
    gone.write('123');
    gone.destroy();
    endless.write('12');
    endless.write('x'.repeat(16));

    expect(await bodies[0]).toBe('too-large');
    await expect(bodies[1]).rejects.toMatchObject({ name: 'CutOff' });
    await expect(bodies[2]).rejects.toMatchObject({ name: 'CutOff' });
    expect(room.take(10)).toBe(true);
  });

  it('refuses what is announced to be far too large before it comes', async () => {
    const huge = Object.assign(request(), { headers: { 'content-length': '17' } });

    const body = await readBody(huge, 4, new BodyRoom(10));

    expect(body).toBe('too-large');
  });
});
