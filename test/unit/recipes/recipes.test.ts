import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLOUD_WATCH_TOPIC,
  COMMANDS,
  commandTopic,
  LOCAL_REQUEST_TOPIC,
  localReplyTopic,
  TELEMETRY_STREAMS,
  telemetryTopic,
} from '../../../component/contract/topics.ts';
import { accessControlFor, MQTT_SERVICE, OPERATIONS, PUBSUB_SERVICE } from '../../../recipes/access-control.ts';
import { allows } from '../../../recipes/allows.ts';
import { modelRecipe } from '../../../recipes/model-recipe.ts';
import { RUNTIME_COMPONENT, runtimeRecipe } from '../../../recipes/runtime-recipe.ts';
import { writeRecipe } from '../../../recipes/write-recipe.ts';
import { gdkRecipe } from '../../../scripts/artifact/gdk-recipe.ts';
import { repositoryPath } from '../../support/paths.ts';

const thing = 'oven-17';
const place = { fleet: 'bakeries', thing };
const artifactUri = (file: string): string => `s3://bucket/verge/1.0.0/${file}`;
const control = accessControlFor(RUNTIME_COMPONENT);

interface Row {
  readonly service: typeof MQTT_SERVICE | typeof PUBSUB_SERVICE;
  readonly action: 'publish' | 'subscribe';
  readonly topic: string;
}

/** Every topic that the contract can build, with what the runtime does with it. */
const uses: readonly Row[] = [
  ...TELEMETRY_STREAMS.map(
    (name): Row => ({ service: MQTT_SERVICE, action: 'publish', topic: telemetryTopic(place, name) }),
  ),
  ...COMMANDS.map((name): Row => ({ service: MQTT_SERVICE, action: 'subscribe', topic: commandTopic(place, name) })),
  { service: PUBSUB_SERVICE, action: 'subscribe', topic: LOCAL_REQUEST_TOPIC },
  { service: PUBSUB_SERVICE, action: 'publish', topic: localReplyTopic('com.example.Kiosk') },
  { service: PUBSUB_SERVICE, action: 'publish', topic: CLOUD_WATCH_TOPIC },
];

function isAllowed({ service, action, topic }: Row): boolean {
  return allows(control, { service, operation: OPERATIONS[service][action], topic, thing });
}

describe('the access control of the runtime (G7)', () => {
  it('allows every topic of the contract, each in the direction that the runtime uses it in', () => {
    const refused = uses.filter((use) => !isAllowed(use));

    expect(refused).toEqual([]);
  });

  it('allows no topic the other way round, nor on the other service', () => {
    const turned = uses.map((use): Row => ({ ...use, action: use.action === 'publish' ? 'subscribe' : 'publish' }));
    const moved = uses.map(
      (use): Row => ({ ...use, service: use.service === MQTT_SERVICE ? PUBSUB_SERVICE : MQTT_SERVICE }),
    );

    expect([...turned, ...moved].filter(isAllowed)).toEqual([]);
  });

  it('allows nothing in the name of another thing, and nothing beside the contract', () => {
    const words = [
      'dt',
      'cmd',
      'verge',
      'bakeries',
      thing,
      'oven-18',
      'result',
      'classify',
      'request',
      'reply',
      '+',
      '#',
      '',
    ];
    const topics = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }).map((levels) => levels.join('/')),
    );
    const known = (topic: string): boolean => {
      const [root, product, , name, last, ...more] = topic.split('/');
      if (topic === LOCAL_REQUEST_TOPIC || topic.startsWith('verge/classify/reply/')) return true;
      const names: readonly string[] = root === 'dt' ? TELEMETRY_STREAMS : root === 'cmd' ? COMMANDS : [];
      return product === 'verge' && name === thing && names.includes(last ?? '') && more.length === 0;
    };

    fc.assert(
      fc.property(
        topics,
        fc.constantFrom(MQTT_SERVICE, PUBSUB_SERVICE),
        fc.constantFrom('publish', 'subscribe'),
        (topic, service, action) => {
          expect(isAllowed({ service, action, topic }) && !known(topic)).toBe(false);
        },
      ),
    );
  });

  it('speaks of topics that only the contract knows how to write: no other file of the device half spells one', () => {
    const files = readdirSync(repositoryPath('component'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.endsWith('contract'))
      .map((entry) => `${entry.parentPath}/${entry.name}`);
    const spelt = files.filter((file) => /['"`](dt|cmd|verge)\/[a-z$]/.test(readFileSync(file, 'utf8')));

    expect(files.length).toBeGreaterThan(20);
    expect(spelt).toEqual([]);
  });

  it('is found nowhere else: two policies a service, one for each direction', () => {
    const directions = Object.values(control).map((policies) =>
      Object.values(policies).map(({ operations }) => operations),
    );

    expect(directions.flat(2).sort()).toEqual(
      Object.values(OPERATIONS)
        .flatMap((of) => Object.values(of))
        .sort(),
    );
  });
});

describe('recipes', () => {
  it('start nothing that is not in their zip, and read no configuration by interpolation (D4, G6)', () => {
    const runtime = runtimeRecipe({ version: '1.0.0', artifactUri });

    expect(runtime.Manifests.map(({ Lifecycle, Artifacts }) => [Lifecycle.run, Artifacts[0]?.Uri])).toEqual([
      [
        expect.stringMatching(/^exec node .*\{artifacts:decompressedPath\}\/verge-runtime-amd64\/start\.js$/),
        artifactUri('verge-runtime-amd64.zip'),
      ],
      [
        expect.stringMatching(/^exec node .*\{artifacts:decompressedPath\}\/verge-runtime-aarch64\/start\.js$/),
        artifactUri('verge-runtime-aarch64.zip'),
      ],
    ]);
    expect(writeRecipe(runtime)).not.toContain('{configuration:');
  });

  it('make a model depend on the runtime softly, up to its next major version', () => {
    const recipe = modelRecipe({ model: 'intents', version: '3.1.0', runtimeVersion: '1.4.2', artifactUri });

    expect(recipe).toMatchObject({
      ComponentName: 'verge.model.intents',
      ComponentVersion: '3.1.0',
      ComponentDependencies: { 'verge.Runtime': { VersionRequirement: '>=1.4.2 <2.0.0', DependencyType: 'SOFT' } },
    });
  });

  it('let a model stay up under nucleus lite, and let the Java nucleus wait until it serves (L2, G10)', () => {
    const [lite, java] = modelRecipe({
      model: 'intents',
      version: '3.1.0',
      runtimeVersion: '1.4.2',
      artifactUri,
    }).Manifests;

    expect(lite).toMatchObject({
      Platform: { runtime: 'aws_nucleus_lite' },
      Lifecycle: { run: expect.stringMatching(/\/intents\/hand-over\.mjs offer .*sleep infinity & wait; }$/) },
    });
    expect(java).toMatchObject({
      Platform: { runtime: '*' },
      Lifecycle: {
        startup: { Script: expect.stringMatching(/\/intents\/hand-over\.mjs offer .*\/downgrade}"$/) },
        shutdown: expect.stringMatching(/\/intents\/hand-over\.mjs release /),
      },
    });
  });

  it('stand in the repository as they are generated', () => {
    const committed = readFileSync(repositoryPath('recipes/verge.Runtime.yaml'), 'utf8');

    expect(committed).toBe(gdkRecipe());
  });
});
