import type { Manifest } from '../../component/contract/manifest.ts';

/** Rows of the compile report, the same on the terminal and in the model card. */
export function fidelityRows({ fidelity, rejection, calibration }: Manifest): [string, string][] {
  const rows: [string, string][] = [];
  if (fidelity) {
    rows.push(
      ['samples', `${fidelity.sampleCount} (${fidelity.samples}${fidelity.labelled ? ', labelled' : ''})`],
      ['agreement with fp32', percent(fidelity.agreement)],
      [`agreement where fp32 is confident (${fidelity.confidentCount})`, percent(fidelity.confidentAgreement)],
      ['probability change, mean', fidelity.meanProbabilityChange.toFixed(4)],
      ['probability change, largest', fidelity.maxProbabilityChange.toFixed(4)],
      ['squared logit error', fidelity.logitMeanSquaredError.toPrecision(3)],
    );
    if (fidelity.accuracy !== undefined && fidelity.referenceAccuracy !== undefined) {
      rows.push(['accuracy fp32 → shipped', `${percent(fidelity.referenceAccuracy)} → ${percent(fidelity.accuracy)}`]);
    }
    const { batched } = fidelity;
    if (batched) {
      const accuracy = batched.accuracy === undefined ? '' : `, accuracy ${percent(batched.accuracy)}`;
      rows.push(['in shared batches: agreement with fp32', `${percent(batched.agreement)}${accuracy}`]);
    }
    if (fidelity.meanError !== undefined && fidelity.referenceMeanError !== undefined) {
      const errors = `${fidelity.referenceMeanError.toPrecision(4)} → ${fidelity.meanError.toPrecision(4)}`;
      rows.push(['mean absolute error fp32 → shipped', errors]);
    }
  }
  if (calibration.errorBefore !== undefined && calibration.errorAfter !== undefined) {
    rows.push([
      `calibration error at temperature ${calibration.temperature}`,
      `${percent(calibration.errorBefore)} → ${percent(calibration.errorAfter)}`,
    ]);
  }
  if (rejection) {
    rows.push(
      [
        `reject below ${rejection.threshold} as \`${rejection.label}\`: accuracy`,
        change(rejection.accuracyBefore, rejection.accuracyAfter),
      ],
      ['… accuracy in scope', change(rejection.inScopeAccuracyBefore, rejection.inScopeAccuracyAfter)],
      ['… out of scope found', change(rejection.recallBefore, rejection.recallAfter)],
    );
  }
  return rows;
}

/** Rows that say where the model came from; none for a file of this machine. */
export function originRows({ provenance: { origin } }: Manifest): [string, string][] {
  if (!origin) return [];
  const { trainingJob, tuningJob, modelPackage } = origin;
  const checked = origin.verifiedBy === 'size' ? 'size alone' : origin.verifiedBy;
  const rows: [string, string][] = [['fetched from', `${origin.uri} (checked by ${checked})`]];
  if (modelPackage) rows.push(['model package', modelPackage.arn]);
  if (tuningJob) {
    const { metric, value } = tuningJob.objective;
    rows.push(['best of the tuning job', `${tuningJob.arn} (${metric} ${value})`]);
  }
  if (trainingJob) {
    const metrics = Object.entries(trainingJob.metrics).map(([name, value]) => `${name} ${value}`);
    rows.push(['training job', `${trainingJob.name}${metrics.length > 0 ? ` (${metrics.join(', ')})` : ''}`]);
    if (trainingJob.image !== undefined) rows.push(['trained in', trainingJob.image]);
  }
  return rows;
}

function change(before: number, after: number): string {
  return `${percent(before)} → ${percent(after)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
