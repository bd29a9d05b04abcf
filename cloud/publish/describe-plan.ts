import type { Plan, Transfer } from './plan.ts';
import type { Publication } from './publication.ts';

/** One call that writes. */
export interface PlannedCall {
  readonly call: string;
  /** Key or component version. */
  readonly target: string;
  readonly sizeBytes?: number;
}

/** Every call that carrying out a plan will make and that changes something, in order. */
export function describePlan(
  { component, version, lineage }: Publication,
  plan: Plan,
  bucket: string,
): readonly PlannedCall[] {
  if (plan.kind === 'already-there') return [];
  const told = lineage ? [{ call: 'sagemaker:UpdateModelPackage', target: lineage.modelPackage }] : [];
  if (plan.kind === 'wait') return told;
  return [
    ...plan.transfers.flatMap((transfer) => callsOf(transfer, bucket)),
    { call: 'greengrass:CreateComponentVersion', target: `${component} ${version}` },
    ...told,
  ];
}

function callsOf(transfer: Transfer, bucket: string): readonly PlannedCall[] {
  const { artifact, key } = transfer;
  const target = `s3://${bucket}/${key}`;
  if (transfer.kind === 'there') return [];
  if (transfer.kind === 'put') return [{ call: 's3:PutObject', target, sizeBytes: artifact.sizeBytes }];
  const done = new Set(transfer.resumed?.parts.map(({ number }) => number));
  const parts = artifact.partDigests.flatMap((_, index) => {
    const number = index + 1;
    const sizeBytes = Math.min(artifact.partBytes, artifact.sizeBytes - index * artifact.partBytes);
    return done.has(number) ? [] : [{ call: 's3:UploadPart', target: `${target} part ${number}`, sizeBytes }];
  });
  return [
    ...(transfer.resumed ? [] : [{ call: 's3:CreateMultipartUpload', target }]),
    ...parts,
    { call: 's3:CompleteMultipartUpload', target },
  ];
}
