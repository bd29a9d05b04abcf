import path from 'node:path';
import type { Logger } from 'pino';
import type { VergeError } from '../contract/error.ts';
import { MAX_MESSAGE_BYTES, type ModelReference } from '../contract/parts.ts';
import type { Settings } from '../contract/settings.ts';
import type { Link } from '../link/link.ts';
import type { LocalBus } from '../link/local-bus.ts';
import type { SigningKey } from '../models/signature/keys.ts';
import { CaptureBudget } from '../monitor/capture/budget.ts';
import { Capture } from '../monitor/capture/capture.ts';
import type { HealthSource } from '../monitor/describe-health.ts';
import { DropReport } from '../monitor/drop-report.ts';
import type { MessageStore } from '../outbox/message-store.ts';
import { Outbox } from '../outbox/outbox.ts';
import { Admission } from '../sources/admission.ts';
import type { RequestRefused } from '../sources/command-source.ts';
import { type DeskModel, TextDesk } from '../sources/text-desk.ts';
import { Models } from './open-models.ts';
import { Monitor } from './open-monitor.ts';
import type { JournalParts } from './open-outbox.ts';
import { Sources } from './open-sources.ts';
import { tellDropped, tellRefused, tellUnloaded } from './tell-news.ts';
import { Teller } from './teller.ts';

/** In the outbox folder, whose lock guards it too. */
const CAPTURE_BUDGET = 'capture-budget.json';

/** What a runtime is made of; `main.ts` chooses the real ones. */
export interface RuntimeParts {
  readonly settings: Settings;
  readonly source: HealthSource;
  readonly link: Link;
  readonly store: MessageStore;
  /** For commands, where the link brings nothing twice. */
  readonly journal?: JournalParts | undefined;
  /** The device's own publish and subscribe, where the link comes with one. */
  readonly localBus?: LocalBus | undefined;
  /** The built inference worker. */
  readonly workerUrl: URL;
  readonly modelKeys: readonly SigningKey[];
  readonly now: () => Date;
  readonly log: Logger;
}

/** What the parts ask of the runtime that they are in. */
export interface RuntimeHooks {
  /** The settings in force: some change while it runs. */
  readonly settings: () => Settings;
  /** Resolves when texts are answered. */
  readonly ready: Promise<void>;
  readonly onLoaded: (model: ModelReference, before: ModelReference | undefined, role?: 'challenger') => void;
  /** A model broke; resolves when another serves in its place. */
  readonly onEngineLost: (model: DeskModel) => Promise<void>;
}

/** The parts that work together in a runtime, wired. */
export interface Assembly {
  readonly models: Models;
  readonly admission: Admission;
  readonly drops: DropReport;
  readonly outbox: Outbox;
  readonly teller: Teller;
  readonly monitor: Monitor;
  readonly desk: TextDesk;
  readonly sources: Sources;
  /** What is done with a request that was not understood. */
  readonly onRefused: RequestRefused;
}

/** Wires the parts: sources → desk → models → outbox → link, and the monitor that watches them. Nothing is started. */
export function assemble(parts: RuntimeParts, hooks: RuntimeHooks): Assembly {
  const { settings, link, store, localBus, workerUrl, modelKeys, now, log } = parts;
  const inForce = hooks.settings;
  const source: HealthSource = {
    ...parts.source,
    get heartbeatSeconds() {
      return inForce().heartbeatSeconds;
    },
  };
  const teller = new Teller({ log, now, post: (data) => outbox.post('event', data) });
  const models = new Models({
    settings,
    workerUrl,
    runtimeVersion: source.runtimeVersion,
    keys: modelKeys,
    random: Math.random,
    observe: {
      loaded: hooks.onLoaded,
      refused: (model, error) => void tellRefused(teller, model, error),
      unloaded: (model, reason) => void tellUnloaded(teller, model, reason),
    },
  });
  const admission = new Admission(settings.engineQueueTexts);
  const drops = new DropReport((sum) => void tellDropped(teller, sum));
  const messageBytes = (): number => Math.min(inForce().messageBytes, link.limits.payloadBytes ?? MAX_MESSAGE_BYTES);
  const outbox = new Outbox({
    source,
    link,
    store,
    get messageBytes() {
      return messageBytes();
    },
    get flushWaitMs() {
      return inForce().flushWaitMs;
    },
    now,
    onDropped: (dropped) => drops.add(dropped),
    onFailing: ({ code, message }) => void teller.tell('outbox-failing', message, { code }),
    onRestored: () => void teller.tell('outbox-restored', 'The outbox can be written again.'),
  });
  const capture = new Capture({
    settings: inForce,
    budget: new CaptureBudget(path.join(settings.outboxFolder, CAPTURE_BUDGET), () => now().getTime()),
    scoresAreProbabilities: ({ name }) => {
      const manifest = models.serving.find(name)?.bundle.manifest;
      return manifest !== undefined && manifest.problemType !== 'regression';
    },
    messageBytes,
    post: (sample) => outbox.post('sample', sample),
  });
  const monitor = new Monitor({
    ...parts,
    capture,
    source,
    bus: localBus,
    outbox,
    admission,
    models,
    teller,
    random: Math.random,
  });
  const desk = new TextDesk({
    ready: hooks.ready,
    model: (name) => models.serving.get(name),
    modelNames: () => models.serving.references().map(({ name }) => name),
    admission,
    deliver: (result) => outbox.append(result),
    get includeText() {
      return inForce().includeText;
    },
    runnersUp: settings.runnersUp,
    reportReplies: settings.reportReplies,
    observe: monitor,
    onEngineLost: hooks.onEngineLost,
    onAnswered: (answered) => {
      const { model, text, answer } = answered;
      capture.offer(answered);
      models.shadow.show(model.name, text, answer, (challenger) => capture.compared(answered, challenger));
    },
  });
  const onRefused: RequestRefused = ({ code, message, requestId }) => {
    monitor.refused(code);
    void teller.tell('request-refused', message, { code, ...(requestId === undefined ? {} : { requestId }) });
  };
  const sources = new Sources({
    settings,
    place: source.place,
    link,
    localBus,
    journal: parts.journal,
    desk,
    now,
    onRefused,
    onSentAt: (sentAt) => monitor.clockOffset.heard(sentAt),
    onGivenUp: ({ code, message }, count) => teller.tell('command-given-up', message, { code, count }),
    onTrouble: ({ code, message }: VergeError) => void teller.tell('source-failing', message, { code }),
    manifest: (name) => models.serving.find(name)?.bundle.manifest,
    log,
  });
  return { models, admission, drops, outbox, teller, monitor, desk, sources, onRefused };
}
