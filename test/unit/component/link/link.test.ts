import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelayMs } from '../../../../component/link/backoff.ts';
import { linkErrors } from '../../../../component/link/errors.ts';
import { isRefusal } from '../../../../component/link/is-refusal.ts';
import { matchesFilter } from '../../../../component/link/topic-filter.ts';

describe('matchesFilter', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/c', false],
    ['a/b', 'a/b/c', false],
    ['a/b/c', 'a/b', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a', false],
    ['+/+', 'a/b', true],
    ['+/+', '/b', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', true],
    ['#', 'a/b', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
    ['$share/group/a/+', 'a/b', true],
    ['$share/group/a/+', 'group/a/b', false],
  ])('%s and %s: %s', (filter, topic, expected) => {
    const matches = matchesFilter(filter, topic);

    expect(matches).toBe(expected);
  });
});

describe('backoffDelayMs', () => {
  it('doubles up to a cap, and keeps its jitter within the upper half', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
        const full = Math.min(30_000, 250 * 2 ** attempt);

        const delay = backoffDelayMs(attempt, random);

        expect(delay).toBeGreaterThanOrEqual(Math.floor(full / 2));
        expect(delay).toBeLessThanOrEqual(full);
      }),
    );
  });
});

describe('isRefusal', () => {
  it.each<[unknown, boolean]>([
    [5, true],
    [4, true],
    [2, true],
    [3, false],
    ['ECONNREFUSED', false],
    ['ECONNRESET', false],
    ['ENOTFOUND', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
    ['CERT_HAS_EXPIRED', true],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
    ['ERR_TLS_CERT_ALTNAME_INVALID', true],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', true],
    [undefined, false],
  ])('of an error with code %s: %s', (code, expected) => {
    const refusal = isRefusal(Object.assign(new Error('x'), { code }));

    expect(refusal).toBe(expected);
  });
});

describe('linkErrors', () => {
  it('blame the operator for what the broker refuses, and nobody for a lost connection', () => {
    expect(linkErrors.kinds.LINK_PUBLISH_REFUSED.fault).toBe('user');
    expect(linkErrors.kinds.LINK_DOWN.fault).toBe('verge');
  });
});
