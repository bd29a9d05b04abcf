import type { DriftSignal, EventData, EventName } from '../../contract/event.ts';
import type { ModelReference } from '../../contract/parts.ts';
import type { Settings } from '../../contract/settings.ts';
import { describeDrift } from '../drift/describe-drift.ts';
import { type DriftSettings, DriftWatch } from '../drift/drift-watch.ts';
import { type Drift, measureDrift } from '../drift/measure-drift.ts';
import { type ChallengerSummary, describeStats, type StatsBody, type StatsWindow } from './describe-stats.ts';
import type { ModelWindows } from './model-windows.ts';
import { Tally } from './tally.ts';

export interface StatsReportOptions {
  readonly settings: DriftSettings & Pick<Settings, 'statsSeconds' | 'driftMinTexts' | 'messageBytes'>;
  readonly windows: ModelWindows;
  readonly serves: (model: ModelReference) => boolean;
  /** Ends a challenger's window, too. */
  readonly takeChallenger: (name: string) => ChallengerSummary | undefined;
  readonly post: (body: StatsBody) => Promise<void>;
  readonly tell: (name: EventName, message: string, more: Pick<EventData, 'model' | 'drift'>) => Promise<void>;
  /** After the windows of a period have been reported. */
  readonly onReported: (bodies: readonly StatsBody[]) => void;
  readonly random: () => number;
}

interface Judged {
  readonly model: ModelReference;
  readonly watch: DriftWatch;
  /** What has come since the last judgement: on a quiet device, several windows. */
  gathered: Tally;
}

/** Reports every window with texts, and says when a model's texts or answers drift from its baseline. */
export class StatsReport {
  readonly #options: StatsReportOptions;
  readonly #judged = new Map<string, Judged>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StatsReportOptions) {
    this.#options = options;
  }

  /** The first window is shorter by lot, so that a fleet which starts together does not report together. */
  start(): void {
    const { settings, random } = this.#options;
    const again = (seconds: number): void => {
      this.#timer = setTimeout(() => {
        again(settings.statsSeconds);
        void this.report();
      }, seconds * 1000).unref();
    };
    again(settings.statsSeconds * random());
  }

  /** Ends the windows now and reports them. Resolves when all is with the outbox; where that takes nothing, it is lost. */
  async report(): Promise<void> {
    const { windows, post, takeChallenger, settings, onReported } = this.#options;
    const bodies: StatsBody[] = [];
    for (const window of windows.take()) {
      const drift = await this.#judge(window);
      const challenger = takeChallenger(window.model.name);
      const body = describeStats(window, drift, challenger, settings.messageBytes);
      bodies.push(body);
      await post(body).catch(() => undefined);
    }
    await this.#forget();
    onReported(bodies);
  }

  /** Reports what is open, for the last time. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.report();
  }

  async #judge({ model, yardstick, tally }: StatsWindow): Promise<Drift | undefined> {
    const { settings, tell } = this.#options;
    const judged = this.#judged.get(model.digest) ?? {
      model,
      watch: new DriftWatch(settings),
      gathered: new Tally(yardstick),
    };
    this.#judged.set(model.digest, judged);
    judged.gathered.merge(tally);
    if (judged.gathered.textCount < settings.driftMinTexts) return undefined;
    const drift = measureDrift(judged.gathered, yardstick);
    judged.gathered = new Tally(yardstick);
    for (const change of judged.watch.update(drift.signals)) {
      const { signal, value, bound } = change;
      await tell(`drift-${change.change}`, describeDrift(model, change), {
        model,
        drift: { signal, value: rounded(value), bound },
      });
    }
    return drift;
  }

  /** What served and serves no more drifts no more. */
  async #forget(): Promise<void> {
    const { serves, tell } = this.#options;
    for (const [digest, { model, watch }] of this.#judged) {
      if (serves(model)) continue;
      this.#judged.delete(digest);
      for (const signal of watch.drifting) await tell('drift-ended', leftWhileDrifting(model, signal), { model });
    }
  }
}

function leftWhileDrifting({ name, version }: ModelReference, signal: DriftSignal): string {
  return `${name} ${version}: drift of ${signal} ended, since this version serves no more.`;
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
