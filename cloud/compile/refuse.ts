import type { Fidelity } from '../../component/contract/manifest.ts';
import { compileErrors } from './errors.ts';
import type { LayerSensitivity } from './quantise/sensitivity.ts';

const NAMED = 5;

/** The refusal of the fidelity gate: what was found, what is asked for, and which layers cost most. */
export function fidelityRefusal(fidelity: Fidelity, ranked: readonly LayerSensitivity[]): Error {
  const worst = ranked
    .slice(0, NAMED)
    .map(({ name, logitMeanSquaredError }) => `${name} (${logitMeanSquaredError.toPrecision(2)})`)
    .join(', ');
  const { accuracy, referenceAccuracy, confidentAgreement, confidentCount } = fidelity;
  const found =
    accuracy !== undefined && referenceAccuracy !== undefined
      ? `int8 keeps ${percent(accuracy)} accuracy of fp32's ${percent(referenceAccuracy)}; 99 % of it are required`
      : `int8 agrees with fp32 on ${percent(confidentAgreement)} of the ${confidentCount} confident samples; 99 % are required`;
  return compileErrors.make(
    'COMPILE_FIDELITY_REFUSED',
    `${found}. Layers that hurt most, each alone in int8, by squared logit error: ${worst}`,
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
