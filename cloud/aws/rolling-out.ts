import { PublishCommand } from '@aws-sdk/client-sns';
import { ask } from './ask.ts';
import { makeGreengrassClient, makeIotClient, makeRegionalS3Client, makeSnsClient } from './clients.ts';
import { type Documents, s3Documents } from './documents.ts';
import { type AwsFleet, awsFleet } from './fleet.ts';
import { type Identity, readIdentity } from './publishing.ts';
import type { AwsSettings } from './settings.ts';

/** What a rollout asks AWS through. */
export interface RollingOut {
  readonly identity: Identity;
  readonly fleet: AwsFleet;
  readonly documents: Documents;
  /** Publishes to an SNS topic. @throws VergeError AWS_… */
  notify(topicArn: string, subject: string, message: string): Promise<void>;
  /** Ends the connections. */
  close(): void;
}

export interface RollingOutOptions {
  readonly settings: AwsSettings;
  /** Default: `verge-ACCOUNT-REGION`, as the CloudFormation template names it. */
  readonly bucket: string | undefined;
  readonly signal: AbortSignal;
}

/** SNS takes no longer subject. */
const MAX_SUBJECT = 100;

/** For whoever the credentials are of. @throws VergeError AWS_… */
export async function connectRollingOut({ settings, signal, ...options }: RollingOutOptions): Promise<RollingOut> {
  const identity = await readIdentity(settings, signal);
  const { partition, region, account } = identity;
  const [greengrass, iot] = [makeGreengrassClient(settings), makeIotClient(settings)];
  const [s3, sns] = [makeRegionalS3Client(settings), makeSnsClient(settings)];
  const bucket = options.bucket ?? `verge-${account}-${region}`;
  return {
    identity,
    fleet: awsFleet({ greengrass, iot, partition, region, account, signal }),
    documents: s3Documents({ client: s3, bucket, signal }),
    async notify(TopicArn, subject, Message) {
      const Subject = subject.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_SUBJECT);
      await ask(
        `sns:Publish to ${TopicArn}`,
        () => sns.send(new PublishCommand({ TopicArn, Subject, Message }), { abortSignal: signal }),
        signal,
      );
    },
    close() {
      for (const client of [greengrass, iot, s3, sns]) client.destroy();
    },
  };
}
