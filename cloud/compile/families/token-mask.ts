import { cast } from '../graph/operators.ts';
import { type FamilyContext, positionRange } from './encoder.ts';

/** 1 for tokens and 0 for padding: float32 [batch, sequence]. */
export function tokenMask(context: FamilyContext, name: string): string {
  const { graph, lengths } = context;
  const positions = cast(graph, positionRange(context), 'int32', `${name}.positions_int32`);
  const ends = graph.node('Unsqueeze', [lengths, graph.dimensions(1)], { name: `${name}.ends` });
  const inside = graph.node('Less', [positions, ends], { name: `${name}.inside` });
  return cast(graph, inside, 'float32', name);
}

/** Mean over each text's tokens, padding left out: [batch, sequence, hidden] → [batch, hidden]. */
export function meanOfTokens(context: FamilyContext, x: string, name: string): string {
  const { graph, lengths } = context;
  const mask = graph.node('Unsqueeze', [tokenMask(context, `${name}.mask`), graph.dimensions(1)], {
    name: `${name}.mask_row`,
  });
  const sum = graph.node('MatMul', [mask, x], { name: `${name}.sum` });
  const flat = graph.node('Squeeze', [sum, graph.dimensions(1)], { name: `${name}.flat` });
  const counts = cast(graph, lengths, 'float32', `${name}.counts`);
  const column = graph.node('Unsqueeze', [counts, graph.dimensions(1)], { name: `${name}.counts_column` });
  return graph.node('Div', [flat, column], { name });
}
