import type { Compared, ModelReport, Report, Throughput } from './report.ts';

/** A report as the page docs/benchmarks.md. */
export function renderReport(report: Report): string {
  const { processor, versions } = report;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${[
    '# Benchmarks',
    '',
    `Written by \`npm run bench\` on ${report.date}: ${processor.name}, ${processor.cores} cores, int8 by ${processor.instructions}; ${software.join(', ')}.`,
    '',
    `The whole path, text in to label out, over ${report.texts} distinct messages. Both sides run as processes of their own and take turns, round by`,
    `round; figures are medians of ${report.rounds} rounds. CPU time counts every thread of a process. The peer is transformers.js with its own`,
    'quantised model, on its caller’s thread, where it always runs. Ours is the engine, duplicate cache off: on the caller’s thread as well, as',
    '`verge classify` and `verge evaluate` run it, or in a thread of its own, as the device does, whose event loop must stay free. Each is held',
    'against the same targets; its process is started with the flags of the recipe. Every row has answered all messages three times before it is timed, as V8 goes on',
    'compiling for that long on either side; starts and memory are of fresh processes. “The network alone” is our session on token ids, sorted and',
    'cut beforehand: what it reaches is the most that any way around it could.',
    ...report.models.flatMap(renderModel),
  ].join('\n')}\n`;
}

function renderModel(report: ModelReport): string[] {
  return [
    '',
    `## intents-${report.model}`,
    '',
    ...table(
      ['goal', 'at least or most', 'measured', 'the network alone', ''],
      report.goals.map(({ name, target, reached, met, bound }) => [
        name,
        target,
        reached,
        bound ?? '',
        met ? 'reached' : '**not reached**',
      ]),
    ),
    '',
    `Both sides answer ${percent(report.agreement)} of the messages alike. The bundle has ${percent(report.bundleShare)} of the fp32 checkpoint's bytes.`,
    '',
    'One thread each:',
    '',
    ...throughputTable(report.oneThread),
    '',
    'Threads as they come (the peer: one spinning thread a core), and two for us, beside a thread of its own; the first 500 messages:',
    '',
    ...throughputTable(report.defaultThreads),
    '',
    'Wall time of one text by its length in tokens, one by one, one thread each:',
    '',
    ...table(
      ['tokens', 'texts', 'peer, ms', 'Verge, ms', 'times as fast'],
      report.lengths.map(({ tokens, texts, peerMs, vergeMs }) => [
        tokens,
        String(texts),
        peerMs.toFixed(2),
        vergeMs.toFixed(2),
        (peerMs / vergeMs).toFixed(2),
      ]),
    ),
    '',
    ...comparedTable('process start to first answer', report.firstAnswer),
    '',
    ...comparedTable('peak memory', report.peakMemory),
  ];
}

/** The first row is what the others are compared with. */
function throughputTable(rows: readonly Throughput[]): string[] {
  const [first] = rows;
  return table(
    ['', 'CPU, ms per text', 'wall, ms per text', 'texts per second', 'CPU, times as fast', 'wall, times as fast'],
    rows.map(({ name, cpuMsPerText, wallMsPerText }) => [
      name,
      cpuMsPerText.toFixed(3),
      wallMsPerText.toFixed(3),
      (1000 / wallMsPerText).toFixed(0),
      ((first?.cpuMsPerText ?? cpuMsPerText) / cpuMsPerText).toFixed(2),
      ((first?.wallMsPerText ?? wallMsPerText) / wallMsPerText).toFixed(2),
    ]),
  );
}

function comparedTable(title: string, rows: readonly Compared[]): string[] {
  return table(
    [title, 'peer', 'Verge', 'share of the peer'],
    rows.map(({ name, peer, verge }) => [name, peer.toFixed(0), verge.toFixed(0), (verge / peer).toFixed(2)]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
