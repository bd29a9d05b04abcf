import { createHash } from 'node:crypto';
import { modelComponent } from '../../../recipes/model-recipe.ts';
import { challengerComponent } from '../component-names.ts';
import { rolloutErrors } from '../errors.ts';
import type { FleetPort } from '../ports.ts';

/** The service takes seconds. */
const MAX_LOOKS = 30;
const LOOK_MS = 1000;

/**
 * Registers the component that offers a model as a challenger: the model's own recipe and artifacts under another name, since
 * a device has one version of a component, and the one that serves must stay.
 * @throws VergeError ROLLOUT_CHALLENGER_FAILED, AWS_…
 */
export async function prepareChallenger(
  model: string,
  version: string,
  { fleet, wait }: { readonly fleet: FleetPort; readonly wait: (ms: number) => Promise<void> },
): Promise<void> {
  const name = challengerComponent(model);
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    const found = await fleet.component(name, version);
    if (found?.state === 'deployable') return;
    if (found?.state === 'failed')
      throw rolloutErrors.make('ROLLOUT_CHALLENGER_FAILED', `${name} ${version} cannot be deployed`);
    if (found === undefined) {
      const recipe = challengerRecipe(await fleet.recipe(modelComponent(model), version), model);
      await fleet.register(recipe, createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 64));
    }
    await wait(LOOK_MS);
  }
  throw rolloutErrors.make('ROLLOUT_CHALLENGER_FAILED', `${name} ${version} is not deployable yet`);
}

/** Digests are the service's to add (fact D4). */
export function challengerRecipe(
  recipe: Readonly<Record<string, unknown>>,
  model: string,
): Readonly<Record<string, unknown>> {
  const text = JSON.stringify(recipe, (key, value: unknown) =>
    key === 'Digest' || key === 'Algorithm' ? undefined : value,
  );
  const copy: Record<string, unknown> = { ...JSON.parse(text) };
  return {
    ...copy,
    ComponentName: challengerComponent(model),
    ComponentDescription: `The model ${model}, compared on live texts.`,
    ComponentConfiguration: { DefaultConfiguration: { role: 'challenger', downgrade: 'allow' } },
  };
}
