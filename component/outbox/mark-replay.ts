const FIRST_TIME = Buffer.from('"replay":false');
const AGAIN = Buffer.from('"replay":true');

/**
 * The payload of a result message as it is sent from the second try on. Only the flag changes, so that a store may keep
 * nothing but bytes: it stands before anything that a text could have put there.
 */
export function markReplay(payload: Uint8Array): Uint8Array {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const at = bytes.indexOf(FIRST_TIME);
  if (at < 0) return payload;
  return Buffer.concat([bytes.subarray(0, at), AGAIN, bytes.subarray(at + FIRST_TIME.length)]);
}
