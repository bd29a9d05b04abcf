import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { lintRecipe, RULES } from '../../../../cloud/lint/lint-recipe.ts';
import { parseRecipe } from '../../../../cloud/lint/read-recipe.ts';
import { modelRecipe } from '../../../../recipes/model-recipe.ts';
import { runtimeRecipe } from '../../../../recipes/runtime-recipe.ts';
import { writeRecipe } from '../../../../recipes/write-recipe.ts';
import { gdkRecipe } from '../../../../scripts/artifact/gdk-recipe.ts';

const artifactUri = (file: string): string => `s3://bucket/verge/1.0.0/${file}`;
const runtime = writeRecipe(runtimeRecipe({ version: '1.0.0', artifactUri }));

const GOOD = {
  RecipeFormatVersion: '2020-01-25',
  ComponentName: 'com.example.Kiosk',
  ComponentVersion: '1.0.0',
  Manifests: [
    {
      Platform: { os: 'linux', runtime: '*' },
      Lifecycle: { run: 'exec python3 {artifacts:decompressedPath}/kiosk/main.py' },
      Artifacts: [{ Uri: 's3://bucket/kiosk/1.0.0/kiosk.zip', Unarchive: 'ZIP' }],
    },
  ],
};
const [MANIFEST] = GOOD.Manifests;

function rulesBroken(recipe: unknown): string[] {
  return lintRecipe(parseRecipe(typeof recipe === 'string' ? recipe : stringify(recipe), 'here'), 'here').map(
    ({ rule, where }) => `${rule} ${where}`,
  );
}

function withManifest(change: object): object {
  return { ...GOOD, Manifests: [{ ...MANIFEST, ...change }] };
}

function withLifecycle(Lifecycle: object): object {
  return withManifest({ Lifecycle });
}

function withDefaults(DefaultConfiguration: object): object {
  return { ...GOOD, ComponentConfiguration: { DefaultConfiguration } };
}

function withPolicy(policy: object, service = 'aws.greengrass.ipc.pubsub'): object {
  return withDefaults({ accessControl: { [service]: { p: policy } } });
}

const LIFECYCLE = 'Manifests[0].Lifecycle';
const DEFAULTS = 'ComponentConfiguration.DefaultConfiguration';
const POLICY = `${DEFAULTS}.accessControl.aws.greengrass.ipc.pubsub.p`;
const publish = 'aws.greengrass#PublishToTopic';

const broken: readonly [string, unknown, readonly string[]][] = [
  ['16,001 bytes', `${stringify(GOOD)}#${'x'.repeat(16_000 - stringify(GOOD).length)}`, ['recipe-size (file)']],
  ['another format', { ...GOOD, RecipeFormatVersion: '2021-01-01' }, ['format-version RecipeFormatVersion']],
  ['a name with a space', { ...GOOD, ComponentName: 'my kiosk' }, ['component-name ComponentName']],
  ['a name of 129 characters', { ...GOOD, ComponentName: 'x'.repeat(129) }, ['component-name ComponentName']],
  [
    'a version that YAML takes for a number',
    { ...GOOD, ComponentVersion: 1.1 },
    ['component-version ComponentVersion', 'artifact-key Manifests[0].Artifacts[0].Uri'],
  ],
  ['a lambda', { ...GOOD, ComponentType: 'aws.greengrass.lambda' }, ['component-type ComponentType']],
  [
    'a range that is none',
    { ...GOOD, ComponentDependencies: { a: { VersionRequirement: 'new', DependencyType: 'HARD' } } },
    ['dependency ComponentDependencies.a.VersionRequirement'],
  ],
  [
    'a dependency that is neither',
    { ...GOOD, ComponentDependencies: { a: { VersionRequirement: '^1.0.0', DependencyType: 'hard' } } },
    ['dependency ComponentDependencies.a.DependencyType'],
  ],
  ['a step in upper case', withLifecycle({ Run: 'exec x' }), [`key-case ${LIFECYCLE}.Run`]],
  [
    'a script in lower case',
    withLifecycle({ run: { script: 'exec x' } }),
    [`key-case ${LIFECYCLE}.run.script`, `step-script ${LIFECYCLE}.run`],
  ],
  [
    'URI',
    withManifest({ Lifecycle: { run: 'exec x' }, Artifacts: [{ URI: 's3://b/1.0.0/k' }] }),
    ['key-case Manifests[0].Artifacts[0].URI'],
  ],
  ['a key that nobody knows', { ...GOOD, Maintainer: 'me' }, ['unknown-key Maintainer']],
  ['a value of 1,025 bytes', withDefaults({ a: { b: 'x'.repeat(1023) } }), [`value-size ${DEFAULTS}.a.b`]],
  ['a policy without resources', withPolicy({ operations: [publish] }), [`access-control ${POLICY}.resources`]],
  [
    'an operation of another service',
    withPolicy({ operations: ['aws.greengrass#PublishToIoTCore'], resources: ['a'] }),
    [`access-control ${POLICY}.operations`],
  ],
  [
    'a policy for everything',
    withPolicy({ operations: [publish], resources: ['*'] }),
    [`access-control-wide ${POLICY}.resources`],
  ],
  [
    'more policies than lite has room for',
    withPolicy({
      operations: [publish],
      resources: Array.from({ length: 60 }, (_, index) => `a/long/enough/topic/${'x'.repeat(30)}/${index}`),
    }),
    [`value-size ${POLICY}.resources`, `access-control-size ${DEFAULTS}.accessControl.aws.greengrass.ipc.pubsub`],
  ],
  [
    'a runtime that may not say how it is',
    runtime.replace(/\n *- dt\/verge\/\+\/\{iot:thingName\}\/health/, ''),
    [`topic-not-allowed ${DEFAULTS}.accessControl`],
  ],
  ['Windows alone', withManifest({ Platform: { os: 'windows', runtime: '*' } }), ['linux-manifest Manifests']],
  ['no manifests', { ...GOOD, Manifests: [] }, ['linux-manifest Manifests']],
  ['no runtime', withManifest({ Platform: { os: 'linux' } }), ['platform-runtime Manifests[0].Platform.runtime']],
  [
    'the other runtime alone',
    withManifest({ Platform: { os: 'linux', runtime: 'aws_nucleus_classic' } }),
    ['platform-runtime Manifests[0].Platform.runtime'],
  ],
  ['an install step alone', withLifecycle({ install: 'pip install x' }), [`run-step ${LIFECYCLE}`]],
  ['a program in the background', withLifecycle({ run: 'python3 main.py &' }), [`run-step-stays ${LIFECYCLE}.run`]],
  ['a list of scripts', withLifecycle({ run: ['a', 'b'] }), [`step-script ${LIFECYCLE}.run`]],
  ['a shutdown step', withLifecycle({ run: 'exec x', shutdown: 'y' }), [`step-not-on-lite ${LIFECYCLE}.shutdown`]],
  [
    'a step that may be skipped',
    withLifecycle({ run: 'exec x', install: { Script: 'y', Skipif: 'exists /z' } }),
    [`step-not-on-lite ${LIFECYCLE}.install.Skipif`],
  ],
  [
    'a global lifecycle for nobody',
    { ...withManifest({ Lifecycle: {} }), Lifecycle: { mine: { run: 'x' } } },
    [`run-step Lifecycle.all`, 'global-lifecycle Lifecycle'],
  ],
  [
    'interpolated configuration',
    withLifecycle({ run: 'exec x {configuration:/period}' }),
    [`configuration-variable ${LIFECYCLE}.run`],
  ],
  [
    'interpolated configuration whose default is no text',
    {
      ...withLifecycle({ run: 'exec x {configuration:/period} {configuration:/name}' }),
      ComponentConfiguration: { DefaultConfiguration: { period: 5, name: 'oven' } },
    },
    [`configuration-variable ${LIFECYCLE}.run`],
  ],
  [
    "another component's artifacts",
    withLifecycle({ run: 'exec {verge.Runtime:artifacts:path}/x' }),
    [`foreign-variable ${LIFECYCLE}.run`],
  ],
  ['a variable that nobody knows', withLifecycle({ run: 'exec x {iot:thing}' }), [`unknown-variable ${LIFECYCLE}.run`]],
  [
    'a folder that no zip is unpacked into',
    withLifecycle({ run: 'exec {artifacts:decompressedPath}/kiosk.zip/main' }),
    [`unpacked-folder ${LIFECYCLE}.run`],
  ],
  [
    'a web address',
    withManifest({ Artifacts: [{ Uri: 'https://x/1.0.0/kiosk.zip', Unarchive: 'ZIP' }] }),
    ['artifact-uri Manifests[0].Artifacts[0].Uri'],
  ],
  [
    'a tarball',
    withManifest({ Lifecycle: { run: 'exec x' }, Artifacts: [{ Uri: 's3://b/1.0.0/k.tgz', Unarchive: 'TGZ' }] }),
    ['artifact-unarchive Manifests[0].Artifacts[0].Unarchive'],
  ],
  [
    'a key without a version',
    withManifest({ Artifacts: [{ Uri: 's3://bucket/latest/kiosk.zip', Unarchive: 'ZIP' }] }),
    ['artifact-key Manifests[0].Artifacts[0].Uri'],
  ],
];

describe('lint', () => {
  it.each([
    ['of the runtime', runtime],
    ['of the runtime for the GDK', gdkRecipe()],
    [
      'of a model',
      writeRecipe(modelRecipe({ model: 'intents', version: '1.0.0', runtimeVersion: '0.1.0', artifactUri })),
    ],
    ['of the runtime as JSON', JSON.stringify(runtimeRecipe({ version: '1.0.0', artifactUri }))],
    ['of somebody else', stringify(GOOD)],
    [
      'whose shell has variables of its own',
      stringify(withLifecycle({ run: `x=$${'{Y:-z}'} exec awk "{print}" {work:path}/a` })),
    ],
  ])('finds nothing in the recipe %s', (_what, text) => {
    expect(rulesBroken(text)).toEqual([]);
  });

  it.each(broken)('finds what %s breaks, and where', (_what, recipe, findings) => {
    expect(rulesBroken(recipe)).toEqual(findings);
  });

  it('has a test for each of its rules', () => {
    const tested = new Set(broken.flatMap(([, , findings]) => findings.map((finding) => finding.split(' ')[0])));

    expect(RULES.map(({ id }) => id).filter((id) => !tested.has(id))).toEqual([]);
  });

  it('takes any shape of anything without falling over', () => {
    const keys = fc.constantFrom(
      'Manifests',
      'Lifecycle',
      'Platform',
      'run',
      'Artifacts',
      'Uri',
      'ComponentConfiguration',
      'DefaultConfiguration',
      'accessControl',
      'ComponentDependencies',
      '__proto__',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium' },
        fc.jsonValue(),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(keys, tie('tree'), { maxKeys: 5 }),
      ),
    }));

    fc.assert(
      fc.property(fc.dictionary(keys, tree, { minKeys: 1 }), (recipe) => {
        expect(Array.isArray(rulesBroken(JSON.stringify(recipe)))).toBe(true);
      }),
    );
  });
});

describe('a hostile recipe', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(', ')}]`),
  ].join('\n');

  it.each([
    ['a bomb of aliases', bomb, /aliases/],
    ['nesting without end', '['.repeat(60_000), /nests deeper/],
    [
      'steps without end',
      Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      /nests deeper/,
    ],
    ['a sequence in sequences', `${'- '.repeat(5000)}x`, /nests deeper/],
    ['a key given twice', 'a: 1\na: 2', /line 2/],
    ['a tab where there may be none', 'a:\n\tb: 1', /line 2/],
    ['a text', 'hello', /no map/],
    ['nothing', '', /no map/],
  ])('of %s is refused in a sentence', (_what, text, words) => {
    const parse = (): unknown => parseRecipe(text, 'bad.yaml');

    expect(parse).toThrow(words);
    expect(parse).toThrow(/^bad\.yaml is no recipe/);
  });
});
