import { readAwsSettings } from '../aws/settings.ts';
import { examine, type Finding } from '../doctor/examine.ts';
import type { Command } from './command.ts';
import { textOption } from './options.ts';
import { renderTable } from './table.ts';

const EXIT_FINDINGS = 2;
const USUAL_ROLE = 'GreengrassV2TokenExchangeRole';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Say what is wrong with this account for Verge, and the one thing to do about each',
  arguments: [],
  options: [
    { flags: '--bucket <name>', description: 'S3 bucket; default: VERGE_BUCKET, or verge-ACCOUNT-REGION' },
    { flags: '--role <name>', description: `token-exchange role of the core devices; default: ${USUAL_ROLE}` },
    { flags: '--region <name>', description: 'AWS region; default: AWS_REGION, or that of the profile' },
  ],
  examples: ['verge doctor', 'verge doctor --role MyDevices --json'],
  async run({ options, json, stdout, environment, signal }) {
    // The SDK takes time to load, and no other verb should wait for it.
    const { connectAccount } = await import('../aws/account.ts');
    const region = textOption(options.region);
    const view = connectAccount(
      { ...readAwsSettings(environment), ...(region === undefined ? {} : { region }) },
      signal,
    );
    try {
      const bucket = textOption(options.bucket) ?? environment.VERGE_BUCKET;
      const findings = await examine(view, { bucket, role: textOption(options.role) ?? USUAL_ROLE });
      const failed = findings.filter(({ state }) => state === 'failed').length;
      stdout.write(json ? `${JSON.stringify({ findings, failed })}\n` : describe(findings, failed));
      return failed > 0 ? EXIT_FINDINGS : 0;
    } finally {
      view.close();
    }
  },
};

function describe(findings: readonly Finding[], failed: number): string {
  const rows = findings.map(({ check, state, what, next = '' }) => [check, state, what, next]);
  const words = failed === 0 ? 'Nothing is in the way.' : `${failed} to mend; begin with the first.`;
  return `${renderTable(['check', '', 'what', 'next'], rows)}\n${words}\n`;
}
