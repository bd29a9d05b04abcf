import { modelComponent } from '../../recipes/model-recipe.ts';
import { RUNTIME_COMPONENT } from '../../recipes/runtime-recipe.ts';
import type { Plan, Wave } from './plan/plan-schema.ts';

const CHALLENGER_START = 'verge.challenger.';
const MODEL_START = modelComponent('x').slice(0, -1);

/** The component that offers a model as a challenger: of another name, so that it stands beside the one that serves. */
export function challengerComponent(model: string): string {
  return `${CHALLENGER_START}${model}`;
}

/** What a component carries, by its name. */
export function roleOf(
  component: string,
): { readonly kind: 'model' | 'challenger'; readonly model: string } | undefined {
  for (const [kind, start] of [
    ['model', MODEL_START],
    ['challenger', CHALLENGER_START],
  ] as const) {
    if (component.startsWith(start)) return { kind, model: component.slice(start.length) };
  }
  return undefined;
}

/** Version of each component that a wave brings. */
export function componentsOf(
  { models, runtime }: Pick<Plan, 'models' | 'runtime'>,
  { challenger }: Pick<Wave, 'challenger'>,
): Readonly<Record<string, string>> {
  const named = Object.entries(models).map(([model, version]) => [
    challenger ? challengerComponent(model) : modelComponent(model),
    version,
  ]);
  const withRuntime = runtime === undefined || challenger ? [] : [[RUNTIME_COMPONENT, runtime]];
  return Object.fromEntries([...withRuntime, ...named]);
}
