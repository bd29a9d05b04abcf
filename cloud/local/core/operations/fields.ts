import { isTree } from '../configuration/configuration-tree.ts';
import { IpcError } from '../ipc/ipc-error.ts';
import type { Fields } from '../ipc/operation.ts';

/** A field that must be a string. @throws IpcError InvalidArgumentsError */
export function stringField(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new IpcError('InvalidArgumentsError', `${name} must be a string with something in it`);
}

/** A list of strings; absent is empty. @throws IpcError InvalidArgumentsError */
export function pathField(fields: Fields, name: string): string[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value) && value.every((key) => typeof key === 'string')) return value;
  throw new IpcError('InvalidArgumentsError', `${name} must be a list of strings`);
}

/** A field that must be an object. @throws IpcError InvalidArgumentsError */
export function objectField(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (isTree(value)) return value;
  throw new IpcError('InvalidArgumentsError', `${name} must be an object`);
}

/** Binary fields are base64 in JSON (fact I3); absent is empty. */
export function bytesField(fields: Fields, name: string): Buffer {
  const value = fields[name] ?? '';
  if (typeof value === 'string') return Buffer.from(value, 'base64');
  throw new IpcError('InvalidArgumentsError', `${name} must be base64`);
}
