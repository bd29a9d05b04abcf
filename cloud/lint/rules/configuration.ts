import { TOPIC_TABLE, type TopicRow } from '../../../component/contract/topics.ts';
import { OPERATIONS, useOf } from '../../../recipes/access-control.ts';
import { RUNTIME_COMPONENT, RUNTIME_ZIPS } from '../../../recipes/runtime-recipe.ts';
import { manifestsOf, type RecipeFile } from '../recipe-file.ts';
import type { Rule } from '../rule.ts';
import { listOf, mapOf, shown, textOf } from '../value.ts';

/** Bytes of one value as JSON that nucleus lite takes (fact L4). */
const MAX_VALUE_BYTES = 1024;
/** Nucleus lite reads all policies of a service into 4,096 bytes, keys and bookkeeping included (its source). */
const MAX_SERVICE_BYTES = 3000;

function defaultsOf({ top }: RecipeFile): ReadonlyMap<string, unknown> {
  return mapOf(mapOf(top.get('ComponentConfiguration')).get('DefaultConfiguration'));
}

/** Leaves: what a nucleus stores as one value. Maps are paths. */
function* leavesOf(value: unknown, path: string): Generator<{ path: string; value: unknown }> {
  const map = mapOf(value);
  if (map.size === 0) yield { path, value };
  for (const [key, inner] of map) yield* leavesOf(inner, `${path}.${key}`);
}

interface PolicyView {
  readonly path: string;
  readonly service: string;
  readonly id: string;
  readonly operations: readonly unknown[];
  readonly resources: readonly unknown[];
}

function policiesOf(recipe: RecipeFile): PolicyView[] {
  return [...mapOf(defaultsOf(recipe).get('accessControl'))].flatMap(([service, policies]) =>
    [...mapOf(policies)].map(([id, policy]) => ({
      path: `${CONTROL}.${service}.${id}`,
      service,
      id,
      operations: listOf(mapOf(policy).get('operations')),
      resources: listOf(mapOf(policy).get('resources')),
    })),
  );
}

const CONTROL = 'ComponentConfiguration.DefaultConfiguration.accessControl';
const SERVICES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(OPERATIONS).map(([service, operations]) => [service, Object.values(operations)]),
);

/** Whether it is our runtime's recipe, whose topics are known. */
function isRuntime(recipe: RecipeFile): boolean {
  const zips: readonly string[] = Object.values(RUNTIME_ZIPS);
  const files = manifestsOf(recipe).flatMap(({ artifacts }) =>
    artifacts.map(({ keys }) => (textOf(keys.get('Uri')) ?? '').replace(/^.*\//, '')),
  );
  return recipe.top.get('ComponentName') === RUNTIME_COMPONENT || files.some((file) => zips.includes(file));
}

export const CONFIGURATION_RULES: readonly Rule[] = [
  {
    id: 'value-size',
    facts: 'L4',
    severity: 'error',
    next: 'Split it, or move it into an artifact',
    *check(recipe) {
      for (const { path, value } of leavesOf(
        Object.fromEntries(defaultsOf(recipe)),
        'ComponentConfiguration.DefaultConfiguration',
      )) {
        const size = Buffer.byteLength(JSON.stringify(value) ?? '');
        if (size > MAX_VALUE_BYTES)
          yield { where: path, what: `it has ${size} bytes of JSON, and nucleus lite takes ${MAX_VALUE_BYTES}` };
      }
    },
  },
  {
    id: 'access-control',
    facts: 'G7',
    severity: 'error',
    next: 'Give each policy lists of operations and resources',
    *check(recipe) {
      for (const { path, service, operations, resources } of policiesOf(recipe)) {
        if (operations.length === 0) yield { where: `${path}.operations`, what: 'it allows no operation' };
        if (resources.length === 0) yield { where: `${path}.resources`, what: 'it allows no resource' };
        const known = SERVICES.get(service);
        for (const operation of known === undefined ? [] : operations) {
          if (operation !== '*' && !known?.includes(String(operation))) {
            yield { where: `${path}.operations`, what: `${service} has no ${shown(operation)}` };
          }
        }
      }
    },
  },
  {
    id: 'access-control-size',
    facts: 'nucleus lite, ipc_authz.c',
    severity: 'warning',
    next: 'Use fewer or shorter resources, with + or *',
    *check(recipe) {
      for (const [service, policies] of mapOf(defaultsOf(recipe).get('accessControl'))) {
        const size = Buffer.byteLength(JSON.stringify(policies) ?? '');
        if (size > MAX_SERVICE_BYTES)
          yield {
            where: `${CONTROL}.${service}`,
            what: `its policies have ${size} bytes; nucleus lite has room for about ${MAX_SERVICE_BYTES}, and refuses everything beyond`,
          };
      }
    },
  },
  {
    id: 'access-control-wide',
    facts: 'G7',
    severity: 'warning',
    next: 'Name the topics, with {iot:thingName} where a device speaks for itself',
    *check(recipe) {
      for (const { path, resources } of policiesOf(recipe)) {
        if (resources.some((resource) => resource === '*' || resource === '#'))
          yield { where: `${path}.resources`, what: 'it allows every topic there is' };
      }
    },
  },
  {
    id: 'topic-not-allowed',
    facts: 'G7',
    severity: 'error',
    next: 'Take the access control that `npm run build:component` writes',
    *check(recipe) {
      if (!isRuntime(recipe)) return;
      const granted = policiesOf(recipe);
      for (const row of TOPIC_TABLE as readonly TopicRow[]) {
        const { service, operation, resource } = useOf(row);
        const found = granted.some(
          (policy) =>
            policy.service === service && policy.operations.includes(operation) && policy.resources.includes(resource),
        );
        if (!found) yield { where: CONTROL, what: `the runtime needs ${operation} on ${resource}` };
      }
    },
  },
];
