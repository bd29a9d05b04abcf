import compare from 'semver/functions/compare.js';
import type { Offer } from '../../contract/hand-over.ts';
import type { ModelReference } from '../../contract/parts.ts';
import { modelErrors } from './errors.ts';

/**
 * Whether a bundle may take the place of the one that serves: later versions may, earlier ones where that is asked for,
 * and a version that has other bytes than before may not (versions are immutable, fact G2).
 * @throws VergeError MODEL_DOWNGRADE, MODEL_VERSION_TAKEN
 */
export function checkOrder(
  serving: ModelReference | undefined,
  offered: ModelReference,
  downgrade: Offer['downgrade'],
): void {
  if (serving === undefined || downgrade === 'allow') return;
  const order = compare(offered.version, serving.version);
  if (order < 0) {
    throw modelErrors.make(
      'MODEL_DOWNGRADE',
      `${offered.name} ${offered.version} is older than ${serving.version}, which serves`,
    );
  }
  if (order === 0 && offered.digest !== serving.digest) {
    throw modelErrors.make(
      'MODEL_VERSION_TAKEN',
      `${offered.name} ${offered.version} serves already with the digest ${serving.digest.slice(0, 12)}, and this one has ${offered.digest.slice(0, 12)}`,
    );
  }
}
