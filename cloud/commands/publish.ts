import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openBundle } from '../../component/models/open-bundle.ts';
import { vergeVersion } from '../../component/version.ts';
import { readAwsSettings } from '../aws/settings.ts';
import { carryOut } from '../publish/carry-out.ts';
import { describePlan } from '../publish/describe-plan.ts';
import { planPublication } from '../publish/plan.ts';
import type { Publication } from '../publish/publication.ts';
import { modelPublication, readSignature, runtimePublication } from '../publish/publication-of.ts';
import type { Command, CommandContext } from './command.ts';
import { commandErrors } from './errors.ts';
import { textOption } from './options.ts';
import { startProgress } from './progress.ts';
import { renderTable } from './table.ts';

const HAND_OVER = fileURLToPath(new URL('../component/hand-over.mjs', import.meta.url));
/** Where `npm run build:component` leaves the zips, in the folder that it is run in. */
const BUILT = path.join('greengrass-build', 'artifacts', 'verge.Runtime', 'NEXT_PATCH');
const PREFIX = 'verge/';

export const publishCommand: Command = {
  name: 'publish',
  summary: 'Upload a bundle, or the runtime, and register its component version; twice changes nothing',
  arguments: [{ name: 'bundle', description: 'folder that `verge compile` wrote', optional: true }],
  options: [
    { flags: '--runtime', description: 'publish the device runtime instead, for both architectures' },
    { flags: '--from <folder>', description: `folder of the runtime's zips; default: ${BUILT}` },
    { flags: '--component-version <semver>', description: "version of the runtime's component; default: this Verge's" },
    { flags: '--bucket <name>', description: 'S3 bucket; default: VERGE_BUCKET, or verge-ACCOUNT-REGION' },
    { flags: '--prefix <text>', description: `start of each key; default: ${PREFIX}` },
    { flags: '--region <name>', description: 'AWS region; default: AWS_REGION, or that of the profile' },
    {
      flags: '--kms-key <id>',
      description: "encrypt with this KMS key (id, ARN or alias/NAME), not with the bucket's own",
    },
    { flags: '--dry-run', description: 'say what would be done, and do nothing' },
  ],
  examples: ['verge publish bundle', 'verge publish --runtime', 'verge publish bundle --dry-run --json'],
  async run(context) {
    const { options, json, stdout, stderr, signal } = context;
    const workFolder = await mkdtemp(path.join(tmpdir(), 'verge-publish-'));
    const progress = startProgress(stderr);
    try {
      progress.update('Packing');
      const { publication, ...more } = await publicationOf(context, workFolder);
      const kmsKey = textOption(options.kmsKey);
      const prefix = textOption(options.prefix) ?? PREFIX;
      const bucket = textOption(options.bucket) ?? context.environment.VERGE_BUCKET;
      // The SDK takes time to load, and no other verb should wait for it.
      const { connectPublishing } = await import('../aws/publishing.ts');
      const region = textOption(options.region);
      const settings = { ...readAwsSettings(context.environment), ...(region === undefined ? {} : { region }) };
      const publishing = await connectPublishing({ settings, bucket, kmsKey, signal });
      try {
        const parts = { ...publishing, kmsKey, prefix };
        progress.update('Looking at what is there');
        const plan = await planPublication(publication, parts);
        const { component, version } = publication;
        const warnings = [...more.warnings];
        const head = { component, version, bucket: publishing.store.bucket, region: publishing.region, warnings };
        if (options.dryRun === true) {
          const calls = describePlan(publication, plan, publishing.store.bucket);
          progress.stop();
          if (json) stdout.write(`${JSON.stringify({ ...head, dryRun: true, calls })}\n`);
          else stdout.write(dryRun(head, calls));
        } else {
          const wait = async (ms: number): Promise<void> => {
            await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
          };
          const onProgress = progress.update.bind(progress);
          const { warning, ...outcome } = await carryOut(publication, plan, { ...parts, wait, onProgress, signal });
          if (warning !== undefined) warnings.push(warning);
          progress.stop();
          if (json) stdout.write(`${JSON.stringify({ ...head, ...outcome })}\n`);
          else stdout.write(done(head, outcome.change));
        }
        for (const warning of warnings) stderr.write(`verge: ${warning}\n`);
      } finally {
        publishing.close();
      }
    } finally {
      progress.stop();
      await rm(workFolder, { recursive: true, force: true });
    }
  },
};

interface Head {
  readonly component: string;
  readonly version: string;
}

async function publicationOf(
  { arguments: [folder], options, environment }: CommandContext,
  workFolder: string,
): Promise<{ publication: Publication; warnings: readonly string[] }> {
  if ((folder === undefined) !== (options.runtime === true)) {
    throw commandErrors.make('COMMAND_PUBLISH_WHAT', 'Either a bundle or --runtime is published');
  }
  if (folder === undefined) {
    const version = textOption(options.componentVersion) ?? vergeVersion;
    return { publication: await runtimePublication(textOption(options.from) ?? BUILT, version), warnings: [] };
  }
  const bundle = await openBundle(folder);
  const publication = await modelPublication(bundle, { handOverFile: HAND_OVER, workFolder });
  const unsigned = environment.VERGE_SIGNATURES === 'required' && (await readSignature(bundle)) === undefined;
  const warning = `${folder} is not signed, and VERGE_SIGNATURES says that devices want it: run \`verge sign\` first.`;
  return { publication, warnings: unsigned ? [warning] : [] };
}

function dryRun({ component, version }: Head, calls: ReturnType<typeof describePlan>): string {
  if (calls.length === 0) return `${component} ${version} is already there: nothing would be done.\n`;
  const rows = calls.map(({ call, target, sizeBytes }) => [
    call,
    target,
    sizeBytes === undefined ? '' : `${sizeBytes}`,
  ]);
  return `${renderTable(['call', 'of', 'bytes'], rows)}\nNothing was done: this was a dry run.\n`;
}

function done({ component, version }: Head, change: 'published' | 'already-there'): string {
  if (change === 'already-there') return `${component} ${version} is already there: nothing was changed.\n`;
  return `Published ${component} ${version}.\nNext: \`verge rollout plan\`, or deploy it to a thing group.\n`;
}
