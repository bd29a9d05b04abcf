import { eventstream } from 'aws-crt';

let isDone = false;

/**
 * Keeps the device SDK from freeing a stream twice. A stream whose activation fails because the connection breaks is released by
 * its native library once for the failure and once for the end of the stream, where it is held once for both; closing it as
 * well, before or after, then ends the process or damages its heap (aws-crt 1.33, event_stream.c; fact I2). So closing waits
 * until the activation has come to its end, and a stream whose activation failed is left to the library: at worst it keeps
 * some hundred bytes for each call that a break of the connection caught in the act.
 */
export function guardStreamClose(): void {
  if (isDone) return;
  isDone = true;
  const stream = eventstream.ClientStream.prototype;
  const { activate, close } = stream;
  const activations = new WeakMap<eventstream.ClientStream, Promise<boolean>>();
  stream.activate = function (options) {
    const activation = activate.call(this, options);
    activations.set(
      this,
      activation.then(
        () => true,
        () => false,
      ),
    );
    return activation;
  };
  stream.close = function () {
    const activation = activations.get(this);
    if (activation === undefined) close.call(this);
    else void activation.then((succeeded) => (succeeded ? close.call(this) : undefined));
  };
}
