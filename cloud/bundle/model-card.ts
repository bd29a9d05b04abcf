import type { Manifest } from '../../component/contract/manifest.ts';
import type { WorstExample } from '../compile/quantise/fidelity.ts';
import { fidelityRows, originRows } from './report.ts';

/** MODEL_CARD.md of a bundle: what it is, where it came from, what it was measured to do. */
export function modelCard(
  manifest: Manifest,
  bytes: { readonly bundle: number },
  worst: readonly WorstExample[],
): string {
  const { provenance, graph } = manifest;
  const lines = [
    `# ${manifest.name} ${manifest.version}`,
    '',
    `${manifest.task}, ${manifest.problemType}; ${manifest.labels.length} labels; texts up to ${manifest.maxLength} tokens.`,
    '',
    `Compiled by Verge ${provenance.vergeVersion} from \`${provenance.source.name}\` (SHA-256 \`${provenance.source.sha256}\`): ` +
      `${provenance.modelType}, ${provenance.parameters.toLocaleString('en')} parameters. Precision ${graph.precision}` +
      `${manifest.compile.keptFp32.length > 0 ? `, in fp32: ${manifest.compile.keptFp32.join(', ')}` : ''}` +
      `${manifest.compile.smoothing ? `, smoothed with α ${manifest.compile.smoothing.alpha}` : ''}. ` +
      `Weights, graph and tokenizer take ${bytes.bundle.toLocaleString('en')} bytes; the same weights in fp32 take ` +
      `${provenance.float32Bytes.toLocaleString('en')}.`,
    '',
    ...originTable(manifest),
    '| measured on the samples | |',
    '|---|---|',
    ...fidelityRows(manifest).map(([what, value]) => `| ${what} | ${value} |`),
    '',
  ];
  if (worst.length > 0) {
    lines.push('Samples that int8 changed most:', '', '| text | fp32 | int8 | change |', '|---|---|---|---|');
    for (const example of worst) {
      const text = example.text.length > 80 ? `${example.text.slice(0, 79)}…` : example.text;
      lines.push(
        `| ${cell(text)} | ${cell(example.referenceLabel)} ${example.referenceScore.toFixed(3)} | ` +
          `${cell(example.label)} ${example.score.toFixed(3)} | ${example.probabilityChange.toFixed(3)} |`,
      );
    }
    lines.push('');
  }
  lines.push(`Labels: ${manifest.labels.map((label) => `\`${label.replaceAll('`', "'")}\``).join(', ')}.`, '');
  return lines.join('\n');
}

function originTable(manifest: Manifest): string[] {
  const rows = originRows(manifest);
  if (rows.length === 0) return [];
  return ['| where it came from | |', '|---|---|', ...rows.map(([what, value]) => `| ${what} | ${cell(value)} |`), ''];
}

/** Text made safe for a Markdown table. */
function cell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' ');
}
