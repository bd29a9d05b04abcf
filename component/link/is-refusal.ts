/** CONNACK return codes that will not change by themselves: protocol, client id, credentials, rights (MQTT-3.2.2.3). 3 is a busy broker. */
const REFUSING_RETURN_CODES: readonly unknown[] = [1, 2, 4, 5];
/** Node's and OpenSSL's names for a certificate, ours or the broker's, that was not accepted, and for no TLS at the other end. */
const REFUSING_TLS_CODE = /CERT|^ERR_TLS_|^ERR_SSL_|^UNABLE_TO_/;

/** Whether an error of a connection means that the other side, or our own trust in it, turned it down. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  const { code } = error;
  return REFUSING_RETURN_CODES.includes(code) || (typeof code === 'string' && REFUSING_TLS_CODE.test(code));
}
