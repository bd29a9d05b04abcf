import path from 'node:path';
import { modelNameSchema } from '../../../component/contract/manifest.ts';
import { compileErrors } from '../../compile/errors.ts';

/** `…/intents-mini/model.tar.gz` → `intents-mini`; else the file's own name. */
export function defaultName(source: string): string {
  const full = path.resolve(source);
  const own = path.basename(full).replace(/\.(tar\.gz|tgz|tar|safetensors)$/i, '');
  const chosen = own === 'model' ? path.basename(path.dirname(full)) : own;
  return asModelName(chosen);
}

/** Names of jobs and files hold more than names of models may. */
export function asModelName(text: string): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return slug || 'model';
}

/** @throws VergeError COMPILE_NAME_INVALID */
export function checkName(name: string): string {
  if (modelNameSchema.safeParse(name).success) return name;
  throw compileErrors.make('COMPILE_NAME_INVALID', `${JSON.stringify(name)} cannot be the name of a model`);
}
