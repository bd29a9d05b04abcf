import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CreateComponentVersionCommand } from '@aws-sdk/client-greengrassv2';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PersonalityName } from '../../../cloud/local/core/personality.ts';
import type { Publication } from '../../../cloud/publish/publication.ts';
import { modelPublication, runtimePublication } from '../../../cloud/publish/publication-of.ts';
import { openBundle } from '../../../component/models/open-bundle.ts';
import { type CompiledBundle, compileIntentsMini } from '../../support/compiled-bundle.ts';
import { type BuiltComponent, builtComponent } from '../../support/component-zip.ts';
import { type PlaneStack, startPlaneStack } from '../../support/device-plane.ts';
import { deployAndWait, deployTo, joinTestCore, whenOver, whenReported } from '../../support/joined-core.ts';
import { repositoryPath } from '../../support/paths.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { eventsOf, resultsOf, watchTelemetry } from '../../support/telemetry.ts';

const RUNTIME = 'verge.Runtime';
const MODEL = 'verge.model.intents';
const place = { fleet: 'bakeries', thing: 'oven-1' };

let component: BuiltComponent;
let bundle: CompiledBundle;
beforeAll(() => {
  component = builtComponent();
  bundle = compileIntentsMini('--name', 'intents', '--model-version', '1.0.0');
}, 180_000);
afterAll(() => {
  component.remove();
  bundle.remove();
});

/** Uploads and registers what publishing makes. */
async function publish(stack: PlaneStack, { component: name, version, artifacts, recipe }: Publication): Promise<void> {
  const uris = new Map<string, string>();
  for (const { path: file } of artifacts) {
    const fileName = path.basename(file);
    uris.set(fileName, await stack.put('components', `${name}/${version}/${fileName}`, readFileSync(file)));
  }
  const inlineRecipe = Buffer.from(recipe((file) => uris.get(file) ?? ''));
  await stack.greengrass().send(new CreateComponentVersionCommand({ inlineRecipe }));
  await stack.greengrassService.settled();
}

describe.each<PersonalityName>(['java', 'lite'])('the real components on a %s core that has joined', (personality) => {
  it('are installed from the cloud, serve, and answer texts through the device plane', async () => {
    const stack = await startPlaneStack();
    await publish(stack, await runtimePublication(path.dirname(component.zips.amd64), '0.1.0'));
    const handOverFile = repositoryPath('dist/component/hand-over.mjs');
    const opened = await openBundle(bundle.folder);
    await publish(stack, await modelPublication(opened, { handOverFile, workFolder: scratchFolder() }));
    const telemetry = await watchTelemetry(stack.broker.url);
    onTestFinished(() => telemetry.close());
    await joinTestCore(stack, personality);

    const { status } = await deployAndWait(stack, 'ovens', { [RUNTIME]: '0.1.0' }, { merge: { fleet: place.fleet } });
    const jobId = await deployTo(stack, 'ovens', { [RUNTIME]: '0.1.0', [MODEL]: '1.0.0' });
    const second = await whenOver(stack, jobId);
    // On lite a component that runs counts as up, before the runtime has taken the model (fact L2).
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'model-loaded'));
    await telemetry.classify(place, [{ id: 'a1', text: 'wake me at seven' }]);
    await telemetry.until((messages) => resultsOf(messages).length > 0);
    const reported = await whenReported(stack, [`${RUNTIME} 0.1.0 RUNNING`, `${MODEL} 1.0.0 RUNNING`]);

    expect([status, second.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(resultsOf(telemetry.messages)).toMatchObject([{ requestId: 'a1', label: 'alarm' }]);
    expect(reported).toHaveLength(2);
  }, 180_000);
});
