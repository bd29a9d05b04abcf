import * as z from 'zod';
import { modelNameSchema, modelVersionSchema } from '../../../component/contract/manifest.ts';
import { fleetNameSchema, thingNameSchema } from '../../../component/contract/topics.ts';
import { durationSchema, secondsOf } from './duration.ts';
import { gateSchema } from './gate.ts';
import { jobSchema } from './job-schema.ts';

export const PLAN_SCHEMA_VERSION = 1;
/** The state of every device is in one object. */
export const MAX_DEVICES = 10_000;

const DAY = 86_400;
/** IoT's rule for groups is that for things. */
const groupName = thingNameSchema;
const name = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/, 'a name is 1 to 48 lower-case letters, digits and inner hyphens');

export const waveSchema = z
  .strictObject({
    name: name.describe('unique in the plan'),
    group: groupName.optional().describe('a thing group: its deployment gets a new revision'),
    share: z
      .strictObject({ group: groupName, percent: z.number().min(0.1).max(100) })
      .optional()
      .describe('the part of a group up to this percent, by a stable hash of the thing name, less earlier waves'),
    things: z.array(thingNameSchema).min(1).max(1000).optional().describe('named things; each gets a deployment'),
    challenger: z
      .boolean()
      .default(false)
      .describe('the models are compared on live texts and answer none; taken away again when the wave passes'),
    bake: durationSchema(0, 30 * DAY)
      .default('10m')
      .describe('how long devices run it before the gates decide'),
    deployTimeout: durationSchema(10, 7 * DAY)
      .default('1h')
      .describe('after this the devices that have not confirmed are judged'),
    failedDevices: z
      .number()
      .int()
      .min(0)
      .max(MAX_DEVICES)
      .default(0)
      .describe('devices that may fail before the wave does'),
    approval: z.boolean().default(false).describe('waits for `verge rollout approve` after the gates passed'),
    gates: z.array(gateSchema).max(32).default([]),
    job: jobSchema.optional().describe('IoT Jobs’ own settings, passed through'),
  })
  .refine(
    ({ group, share, things }) => [group, share, things].filter((one) => one !== undefined).length === 1,
    'a wave has exactly one of group, share and things',
  )
  .refine(
    ({ gates, bake }) => gates.every(({ window }) => secondsOf(window) <= secondsOf(bake)),
    'a window of a gate is longer than the bake time',
  );

export const planSchema = z
  .strictObject({
    schemaVersion: z.literal(PLAN_SCHEMA_VERSION),
    name: name.describe('id of the rollout; used once'),
    fleet: fleetNameSchema.describe('the fleet in the devices’ topics'),
    models: z
      .record(modelNameSchema, modelVersionSchema)
      .refine((models) => Object.keys(models).length <= 16, 'at most 16 models')
      .default({})
      .describe('name: version of each model that is rolled out'),
    runtime: modelVersionSchema.optional().describe('version of verge.Runtime, where it is rolled out too'),
    waves: z.array(waveSchema).min(1).max(50).describe('one after the other'),
    policies: z
      .strictObject({
        rollback: z.enum(['wave', 'all']).default('wave').describe('what goes back when a wave fails'),
        silentAfter: durationSchema(10, DAY)
          .default('5m')
          .describe('a device that was never heard is silent after this; else after three heartbeats'),
        silentDevices: z
          .enum(['hold', 'ignore', 'fail'])
          .default('hold')
          .describe('of devices without a word when the deploy timeout is over: ask a person, go on, or fail the wave'),
        rollbackTimeout: durationSchema(10, 7 * DAY)
          .default('1h')
          .describe('how long a roll-back waits for devices to confirm'),
        listenBefore: durationSchema(0, DAY)
          .default('3m')
          .describe('how long the version before is measured, where a gate is relative to it'),
      })
      .prefault({}),
  })
  .refine(({ models, runtime }) => runtime !== undefined || Object.keys(models).length > 0, {
    message: 'a plan names at least one model or a runtime',
    path: ['models'],
  })
  .refine(({ waves }) => new Set(waves.map((wave) => wave.name)).size === waves.length, {
    message: 'two waves have one name',
    path: ['waves'],
  })
  .refine(({ waves, models }) => Object.keys(models).length > 0 || waves.every(({ challenger }) => !challenger), {
    message: 'a challenger wave needs a model',
    path: ['waves'],
  });

/** As an operator writes it. */
export type PlanInput = z.input<typeof planSchema>;
/** Checked and completed. */
export type Plan = z.output<typeof planSchema>;
export type Wave = z.output<typeof waveSchema>;

export const planExample: PlanInput = {
  schemaVersion: 1,
  name: 'intents-1-1-0',
  fleet: 'bakeries',
  models: { 'intents-mini': '1.1.0' },
  waves: [
    {
      name: 'shadow',
      group: 'bakeries-canary',
      challenger: true,
      bake: '30m',
      gates: [{ metric: 'agreement', atLeast: 0.97, window: '30m', minimumSample: 500 }],
    },
    {
      name: 'canary',
      group: 'bakeries-canary',
      bake: '1h',
      gates: [
        { metric: 'healthy-share', atLeast: 0.95 },
        { metric: 'error-rate', atMost: 0.01, minimumSample: 200 },
        { metric: 'latency-p90', atMost: 1.2, relativeTo: 'before', failureLimit: 1, minimumSample: 200 },
        { metric: 'health:outbox.bytes', atMost: 10_000_000, over: 'max', dryRun: true },
      ],
    },
    { name: 'rest', group: 'bakeries-rest', bake: '1h', approval: true, job: { maximumPerMinute: 50 } },
  ],
  policies: { rollback: 'all', silentDevices: 'ignore' },
};
