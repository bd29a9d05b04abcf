import type { EventData } from '../../../component/contract/event.ts';
import type { HealthData } from '../../../component/contract/health.ts';
import type { SampleData } from '../../../component/contract/sample.ts';
import type { StatsData } from '../../../component/contract/stats.ts';
import type { Value } from '../store.ts';
import { storedJson, storedText } from './stored-text.ts';

// Each in the order of its table's columns, after those that every table starts with.

export function healthValues(data: HealthData): readonly Value[] {
  const { queue, outbox, counts, latencyMs } = data;
  return [
    data.state,
    storedText(data.runtimeVersion),
    Date.parse(data.startedAt),
    data.heartbeatSeconds,
    data.uptimeSeconds ?? null,
    storedJson(data.models),
    queue?.pending ?? null,
    outbox?.results ?? null,
    outbox?.messages ?? null,
    outbox?.bytes ?? null,
    outbox?.oldestSeconds ?? null,
    counts?.answered ?? null,
    counts?.failed ?? null,
    counts?.refused ?? null,
    counts?.published ?? null,
    counts?.dropped ?? null,
    counts?.reconnects ?? null,
    latencyMs?.p50 ?? null,
    latencyMs?.p90 ?? null,
    latencyMs?.p99 ?? null,
    data.textsPerSecond ?? null,
    data.rssBytes ?? null,
    data.cpuShare ?? null,
    data.restarts ?? null,
    data.lastEnd === undefined ? null : storedText(data.lastEnd),
    storedJson(data),
  ];
}

export function statisticsValues(data: StatsData): readonly Value[] {
  const { model, psi, accuracyEstimate, challenger } = data;
  return [
    model.name,
    model.version,
    model.digest,
    Date.parse(data.windowStart),
    data.windowSeconds,
    data.textCount,
    storedJson(data.labelCounts),
    storedJson(data.confidenceCounts),
    data.lengthCounts ? storedJson(data.lengthCounts) : null,
    data.meanTokenCount,
    data.unknownTokenRate,
    data.truncationRate,
    data.rejectionRate,
    data.cachedShare ?? null,
    accuracyEstimate?.value ?? null,
    accuracyEstimate?.standardError ?? null,
    psi?.textCount ?? null,
    psi?.labels?.value ?? null,
    psi?.labels?.chance ?? null,
    psi?.confidence?.value ?? null,
    psi?.confidence?.chance ?? null,
    psi?.length?.value ?? null,
    psi?.length?.chance ?? null,
    challenger?.model.name ?? null,
    challenger?.model.version ?? null,
    challenger?.textCount ?? null,
    challenger?.agreement ?? null,
    challenger?.meanScoreChange ?? null,
    storedJson(data),
  ];
}

export function eventValues(data: EventData): readonly Value[] {
  const { model, requestId, drift } = data;
  return [
    data.name,
    Date.parse(data.at),
    storedText(data.message),
    data.code ?? null,
    model?.name ?? null,
    model?.version ?? null,
    requestId === undefined ? null : storedText(requestId),
    data.count ?? null,
    drift ? storedText(drift.signal) : null,
    drift?.value ?? null,
    drift?.bound ?? null,
    storedJson(data),
  ];
}

export function sampleValues(data: SampleData): readonly Value[] {
  const { model } = data;
  return [
    model.name,
    model.version,
    model.digest,
    storedText(data.requestId),
    Date.parse(data.observedAt),
    storedText(data.text),
    storedText(data.label),
    data.score,
    data.reason,
  ];
}
