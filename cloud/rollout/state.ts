import * as z from 'zod';
import { MAX_DEVICES, planExample, planSchema } from './plan/plan-schema.ts';

/**
 * The state of a rollout: what `verge rollout` keeps in the bucket as `rollouts/<id>/state.json`, and what a dashboard shows.
 * It is data alone; `machine/` says how it changes. `stateExample` is a whole one.
 */
export const STATE_SCHEMA_VERSION = 1;
export const MAX_JOURNAL = 1000;
const MAX_TEXT = 2000;

const instant = z.iso.datetime();
const text = z.string().max(MAX_TEXT);
const count = z.number().int().min(0);

/**
 * - `pending`: the deployment waits for the device. `installing`: the device is at it, or has not confirmed yet.
 * - `healthy`: deployed, and the device's own heartbeat says that it runs the version. `failed`: with the reason.
 * - `silent`: nothing was heard for three heartbeats. `offline`: the device, or the broker for it, said goodbye.
 * - `restored`: after a roll-back, the device itself says that it has what it had before.
 */
export const deviceStateSchema = z.enum([
  'pending',
  'installing',
  'healthy',
  'failed',
  'silent',
  'offline',
  'restored',
]);
export type DeviceState = z.infer<typeof deviceStateSchema>;

export const deviceRowSchema = z.object({
  thing: z.string().max(128),
  state: deviceStateSchema,
  /** Why it failed, or what it is waited for. */
  reason: text.optional(),
  /** When it came into this state. */
  since: instant,
  lastHeardAt: instant.optional(),
  /** Version of each component of the wave that the device itself speaks of. */
  versions: z.record(z.string(), z.string()).optional(),
});
export type DeviceRow = z.infer<typeof deviceRowSchema>;

export const gateResultSchema = z.enum(['waiting', 'pass', 'fail', 'inconclusive']);
export type GateResult = z.infer<typeof gateResultSchema>;

/** How a gate of the plan stands; the same order as in the plan. */
export const gateProgressSchema = z.object({
  /** `latency-p90 ≤ 1.2 × before` */
  gate: z.string(),
  dryRun: z.boolean(),
  result: gateResultSchema,
  /** Answers so far. */
  passes: count,
  failures: count,
  inconclusive: count,
  /** The last answer: the value, from how large a sample, and when. */
  value: z.number().optional(),
  sample: z.number().optional(),
  measuredAt: instant.optional(),
  /** What the version before came to, where the gate is relative to it. */
  before: z.number().optional(),
});
export type GateProgress = z.infer<typeof gateProgressSchema>;

const specSchema = z.looseObject({ componentVersion: z.string() });

/** What a wave deploys to. */
export const waveTargetSchema = z.object({
  arn: z.string(),
  kind: z.enum(['group', 'thing']),
  name: z.string(),
  things: z.array(z.string()).max(MAX_DEVICES),
  /** The wave's own deployment; absent until it is there. */
  deployment: z
    .object({
      id: z.string(),
      at: instant,
      /** The entries that the wave's components had; null: it had none. */
      before: z.record(z.string(), specSchema.nullable()),
    })
    .optional(),
  /** The way back; `id` null where there was nothing to take back. */
  revert: z.object({ id: z.string().nullable(), at: instant }).optional(),
});
export type WaveTarget = z.infer<typeof waveTargetSchema>;

/**
 * `waiting → listening → deploying → baking → passed`, with `clearing` before `passed` where a challenger is taken away;
 * or `failed → reverting → reverted`. A wave that had passed goes to `reverting` by the policy `rollback: all`.
 */
export const waveStatusSchema = z.enum([
  'waiting',
  'listening',
  'deploying',
  'baking',
  'clearing',
  'passed',
  'failed',
  'reverting',
  'reverted',
]);
export type WaveStatus = z.infer<typeof waveStatusSchema>;

export const waveStateSchema = z.object({
  name: z.string(),
  status: waveStatusSchema,
  /** When it came into this status. */
  since: instant,
  /** Version of each component that it brings. */
  components: z.record(z.string(), z.string()),
  /** Whether what it needs besides, such as the component of a challenger, is there. */
  prepared: z.boolean(),
  approved: z.boolean(),
  reason: text.optional(),
  targets: z.array(waveTargetSchema),
  devices: z.array(deviceRowSchema).max(MAX_DEVICES),
  gates: z.array(gateProgressSchema),
});
export type WaveState = z.infer<typeof waveStateSchema>;

/** What is to be done next; in the state before it is done, so that whoever continues does it again, to the same end. */
export const actionSchema = z.object({
  kind: z.enum(['prepare', 'deploy', 'revert']),
  /** Place in `waves`, and in its `targets`. */
  wave: count,
  target: count,
});
export type Action = z.infer<typeof actionSchema>;

/** Who did what, when and why. */
export const journalEntrySchema = z.object({
  at: instant,
  /** ARN of the identity; the process acts as whoever started it. */
  by: z.string().max(2048),
  what: z.string().max(64),
  /** One sentence. */
  words: text,
  wave: z.string().optional(),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;

/** `running` until it ends as `done` (as planned), `rolled-back` (a wave failed) or `aborted` (somebody said so). */
export const phaseSchema = z.enum(['running', 'reverting', 'done', 'rolled-back', 'aborted']);
export type Phase = z.infer<typeof phaseSchema>;

export const rolloutStateSchema = z.object({
  schemaVersion: z.literal(STATE_SCHEMA_VERSION),
  id: z.string(),
  plan: planSchema,
  createdAt: instant,
  updatedAt: instant,
  phase: phaseSchema,
  /** Nothing goes forward: somebody paused it, or a question waits for `approve`. */
  hold: z
    .object({
      kind: z.enum(['paused', 'question']),
      /** What a question is about: devices that did not confirm, gates, or a deployment of somebody else. */
      about: z.enum(['devices', 'gates', 'foreign']).optional(),
      at: instant,
      by: z.string().max(2048),
      why: text,
    })
    .optional(),
  /** Why it goes or went back, and how it will end. */
  back: z.object({ why: text, end: z.enum(['rolled-back', 'aborted']), at: instant }).optional(),
  /** Latest deployment of each target by its ARN, as far as this rollout knows; null: none. What differs is somebody else's. */
  latest: z.record(z.string(), z.string().nullable()),
  pending: actionSchema.optional(),
  waves: z.array(waveStateSchema),
  journal: z.array(journalEntrySchema).max(MAX_JOURNAL),
  /** Entries that no longer fit: the first hundred and the latest stay. */
  journalDropped: count,
});
export type RolloutState = z.infer<typeof rolloutStateSchema>;

export function isEnded({ phase }: Pick<RolloutState, 'phase'>): boolean {
  return phase !== 'running' && phase !== 'reverting';
}

export const stateExample: RolloutState = {
  schemaVersion: 1,
  id: 'intents-1-1-0',
  plan: planSchema.parse(planExample),
  createdAt: '2026-05-04T09:00:00.000Z',
  updatedAt: '2026-05-04T09:52:00.000Z',
  phase: 'running',
  latest: { 'arn:aws:iot:eu-west-1:123456789012:thinggroup/bakeries-canary': 'b2a3ad3e-5d1c-4d2c-9a55-0d7ad02b64d1' },
  waves: [
    {
      name: 'canary',
      status: 'baking',
      since: '2026-05-04T09:21:00.000Z',
      components: { 'verge.model.intents-mini': '1.1.0' },
      prepared: true,
      approved: false,
      targets: [
        {
          arn: 'arn:aws:iot:eu-west-1:123456789012:thinggroup/bakeries-canary',
          kind: 'group',
          name: 'bakeries-canary',
          things: ['oven-17', 'oven-18'],
          deployment: {
            id: 'b2a3ad3e-5d1c-4d2c-9a55-0d7ad02b64d1',
            at: '2026-05-04T09:10:00.000Z',
            before: { 'verge.model.intents-mini': { componentVersion: '1.0.0' } },
          },
        },
      ],
      devices: [
        {
          thing: 'oven-17',
          state: 'healthy',
          since: '2026-05-04T09:12:00.000Z',
          lastHeardAt: '2026-05-04T09:51:10.000Z',
          versions: { 'verge.model.intents-mini': '1.1.0' },
        },
        { thing: 'oven-18', state: 'pending', since: '2026-05-04T09:10:00.000Z', reason: 'the deployment is queued' },
      ],
      gates: [
        {
          gate: 'latency-p90 ≤ 1.2 × before',
          dryRun: false,
          result: 'pass',
          passes: 5,
          failures: 0,
          inconclusive: 0,
          value: 1.9,
          before: 1.8,
          sample: 2210,
          measuredAt: '2026-05-04T09:46:00.000Z',
        },
      ],
    },
  ],
  journal: [
    {
      at: '2026-05-04T09:00:00.000Z',
      by: 'arn:aws:iam::123456789012:user/ada',
      what: 'started',
      words: 'Started intents-1-1-0: 1 wave over 2 devices.',
    },
  ],
  journalDropped: 0,
};
