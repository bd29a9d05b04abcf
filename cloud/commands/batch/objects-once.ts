import { connectObjects, type ObjectLister, type ObjectPorts } from '../../aws/list-objects.ts';
import type { ObjectReader } from '../../aws/objects.ts';
import { readAwsSettings } from '../../aws/settings.ts';

/** S3, connected where it is asked for first and not at all where it isn't. */
export interface ObjectsOnce {
  lister(): ObjectLister;
  objects(): ObjectReader;
  close(): void;
}

export function objectsOnce(environment: Readonly<NodeJS.ProcessEnv>): ObjectsOnce {
  let ports: ObjectPorts | undefined;
  const connected = (): ObjectPorts => {
    ports ??= connectObjects(readAwsSettings(environment));
    return ports;
  };
  return { lister: () => connected().lister, objects: () => connected().objects, close: () => ports?.close() };
}
