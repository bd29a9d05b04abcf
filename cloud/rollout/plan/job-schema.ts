import * as z from 'zod';

/** IoT Jobs' own settings of a wave, with the service's bounds; they go into the deployment as they are. */
export const jobSchema = z
  .strictObject({
    maximumPerMinute: z.number().int().min(1).max(1000).optional().describe('devices told of it in a minute'),
    exponential: z
      .strictObject({
        baseRatePerMinute: z.number().int().min(1).max(1000),
        incrementFactor: z.number().min(1.1).max(5),
        afterNotifiedThings: z.number().int().min(1).max(1_000_000).optional(),
        afterSucceededThings: z.number().int().min(1).max(1_000_000).optional(),
      })
      .refine(
        ({ afterNotifiedThings, afterSucceededThings }) =>
          (afterNotifiedThings === undefined) !== (afterSucceededThings === undefined),
        'exactly one of afterNotifiedThings and afterSucceededThings',
      )
      .optional()
      .describe('a rate that grows'),
    abort: z
      .array(
        z.strictObject({
          failureType: z.enum(['FAILED', 'REJECTED', 'TIMED_OUT', 'ALL']),
          thresholdPercentage: z.number().gt(0).max(100),
          minNumberOfExecutedThings: z.number().int().min(1).max(1_000_000),
        }),
      )
      .min(1)
      .max(4)
      .optional()
      .describe('ends the job; what a device has begun goes on (fact G5)'),
    inProgressTimeoutInMinutes: z.number().int().min(1).max(10_080).optional().describe('time of one device'),
  })
  .refine(({ maximumPerMinute, exponential }) => exponential === undefined || maximumPerMinute !== undefined, {
    message: 'a rate that grows needs its maximumPerMinute',
    path: ['maximumPerMinute'],
  });

export type JobSettings = z.output<typeof jobSchema>;
