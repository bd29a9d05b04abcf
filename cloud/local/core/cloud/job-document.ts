import * as z from 'zod';

const componentSchema = z.looseObject({
  version: z.string().min(1).max(64),
  configurationUpdate: z
    .looseObject({
      merge: z.record(z.string(), z.unknown()).default({}),
      reset: z.array(z.string()).default([]),
    })
    .optional(),
});

/** What a deployment's job tells a device to do (fact D2); what it doesn't know it passes over. */
export const jobDocumentSchema = z
  .looseObject({
    deploymentId: z.string().min(1),
    configurationArn: z.string(),
    failureHandlingPolicy: z.enum(['ROLLBACK', 'DO_NOTHING']).default('ROLLBACK'),
    componentUpdatePolicy: z
      .looseObject({ action: z.enum(['NOTIFY_COMPONENTS', 'SKIP_NOTIFY_COMPONENTS']).default('NOTIFY_COMPONENTS') })
      .default({ action: 'NOTIFY_COMPONENTS' }),
    components: z.record(z.string(), componentSchema).default({}),
  })
  .transform((document, context) => {
    const [, target, revision] =
      document.configurationArn.match(/:configuration:((?:thing|thinggroup)\/.+):(\d+)$/) ?? [];
    if (target === undefined) {
      context.addIssue({ code: 'custom', message: 'names no thing and no group', path: ['configurationArn'] });
      return z.NEVER;
    }
    return { ...document, target, revision: Number(revision) };
  });
/** With the target that its ARN names: `thinggroup/NAME` or `thing/NAME`. */
export type JobDocument = z.output<typeof jobDocumentSchema>;
