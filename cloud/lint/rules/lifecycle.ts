import { isForLinux, manifestsForLite, manifestsOf, stepsOf } from '../recipe-file.ts';
import type { Rule } from '../rule.ts';
import { shown } from '../value.ts';

/** Steps that nucleus lite passes over, and what that means. */
const NOT_ON_LITE: Readonly<Record<string, string>> = {
  shutdown: 'nucleus lite has no shutdown step: SIGTERM is all that a program gets',
  recover: 'nucleus lite has no recover step: it starts the run step again',
  bootstrap: 'nucleus lite has bootstrap steps in part only',
};
const MAX_SCRIPT_BYTES = 10_000;

export const LIFECYCLE_RULES: readonly Rule[] = [
  {
    id: 'linux-manifest',
    facts: 'L1',
    severity: 'error',
    next: 'Add a manifest with Platform os: linux and runtime: "*"',
    *check(recipe) {
      if (!manifestsOf(recipe).some(isForLinux)) yield { where: 'Manifests', what: 'none of them is for Linux' };
    },
  },
  {
    id: 'platform-runtime',
    facts: 'L1',
    severity: 'error',
    next: 'Write runtime: "*" below Platform (or aws_nucleus_lite, for that one alone)',
    *check(recipe) {
      for (const { path, platform } of manifestsOf(recipe).filter(isForLinux)) {
        const runtime = platform.get('runtime');
        if (runtime === '*' || runtime === 'aws_nucleus_lite') continue;
        const what = runtime === undefined ? 'it is missing' : `it is ${shown(runtime)}`;
        yield { where: `${path}.Platform.runtime`, what: `${what}, so nucleus lite passes the manifest over` };
      }
    },
  },
  {
    id: 'run-step',
    facts: 'L2',
    severity: 'error',
    next: 'Add a run step that stays up: `… && exec sleep infinity` is enough',
    *check(recipe) {
      for (const manifest of manifestsOf(recipe).filter(isForLinux)) {
        const names = stepsOf(manifest).map(({ name }) => name.toLowerCase());
        if (names.includes('run') || names.includes('startup')) continue;
        const what = names.length === 0 ? 'it has no steps' : `it has ${names.join(' and ')} only`;
        yield { where: manifest.lifecyclePath, what: `${what}: the deployment hangs or fails on nucleus lite` };
      }
    },
  },
  {
    id: 'run-step-stays',
    facts: 'L2',
    severity: 'error',
    next: 'Run the program in the foreground, with exec',
    *check(recipe) {
      for (const { name, script, path } of manifestsOf(recipe).flatMap(stepsOf)) {
        if (name === 'run' && script !== undefined && /(^|[^&])&\s*$/.test(script)) {
          yield { where: path, what: 'it ends at once, since it sends its program to the background' };
        }
      }
    },
  },
  {
    id: 'step-script',
    facts: 'L1',
    severity: 'error',
    next: 'Give the step a text, or a map with Script',
    *check(recipe) {
      for (const { script, path } of manifestsOf(recipe).flatMap(stepsOf)) {
        if (script === undefined) yield { where: path, what: 'it has no script' };
        else if (Buffer.byteLength(script) > MAX_SCRIPT_BYTES) {
          yield {
            where: path,
            what: `its script has ${Buffer.byteLength(script)} bytes, and nucleus lite takes ${MAX_SCRIPT_BYTES}`,
          };
        }
      }
    },
  },
  {
    id: 'step-not-on-lite',
    facts: 'L1',
    severity: 'warning',
    next: 'Do not rely on it; handle SIGTERM in the program',
    *check(recipe) {
      for (const { name, keys, path } of manifestsForLite(recipe).flatMap(stepsOf)) {
        const what = NOT_ON_LITE[name.toLowerCase()];
        if (what !== undefined) yield { where: path, what };
        for (const key of keys.keys()) {
          if (key.toLowerCase() === 'skipif')
            yield { where: `${path}.${key}`, what: 'nucleus lite has no Skipif: the step always runs' };
        }
      }
    },
  },
  {
    id: 'global-lifecycle',
    facts: 'L1',
    severity: 'error',
    next: 'Put the steps into each manifest, or below Lifecycle.all',
    *check(recipe) {
      const hasNone = manifestsOf(recipe)
        .filter(isForLinux)
        .some(({ lifecycle }) => lifecycle.size === 0);
      if (hasNone && recipe.top.has('Lifecycle')) {
        yield {
          where: 'Lifecycle',
          what: 'nucleus lite takes the parts all and linux of a global lifecycle, and finds neither',
        };
      }
    },
  },
];
