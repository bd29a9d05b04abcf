import type { ConfigurationStore } from '../configuration/configuration-store.ts';
import { isTree, merge, valueAt, withValueAt } from '../configuration/configuration-tree.ts';
import { IpcError } from '../ipc/ipc-error.ts';
import type { Operations } from '../ipc/operation.ts';
import type { Personality } from '../personality.ts';
import { pathField } from './fields.ts';

/** Reading, changing and watching configuration (facts G6, L8). */
export function configurationOperations(options: {
  readonly personality: Personality;
  readonly configuration: ConfigurationStore;
}): Operations {
  const { personality, configuration } = options;

  function nameOf(value: unknown, caller: string): string {
    const name = typeof value === 'string' && value !== '' ? value : caller;
    if (!configuration.has(name)) throw new IpcError('ResourceNotFoundError', 'Key not found.');
    return name;
  }

  return {
    GetConfiguration({ component, fields }) {
      const componentName = nameOf(fields.componentName, component);
      const keyPath = pathField(fields, 'keyPath');
      const value = valueAt(configuration.get(componentName), keyPath);
      if (value === undefined) throw new IpcError('ResourceNotFoundError', 'Key not found.');
      const leaf = keyPath.at(-1);
      // Fact G6: a leaf comes in its own key.
      return { componentName, value: isTree(value) || leaf === undefined ? value : { [leaf]: value } };
    },

    async UpdateConfiguration({ component, fields }) {
      const { timestamp, valueToMerge } = fields;
      const isTime = typeof timestamp === 'number' && !(personality.refusesWholeSeconds && Number.isInteger(timestamp));
      if (!isTime) throw new IpcError('ServiceError', 'Received invalid parameters.'); // fact L8
      const keyPath = pathField(fields, 'keyPath');
      if (!isTree(valueToMerge)) throw new IpcError('InvalidArgumentsError', 'valueToMerge must be an object');
      if (keyPath[0] === 'accessControl' || (keyPath.length === 0 && 'accessControl' in valueToMerge)) {
        throw new IpcError('InvalidArgumentsError', 'accessControl is changed by deployments alone');
      }
      const tree = configuration.get(component);
      const before = valueAt(tree, keyPath);
      const after = merge(isTree(before) ? before : {}, valueToMerge);
      await configuration.set(component, withValueAt(tree, keyPath, after));
      return {};
    },

    SubscribeToConfigurationUpdate({ component, fields, send, onEnd }) {
      const componentName = nameOf(fields.componentName, component);
      const keyPath = pathField(fields, 'keyPath');
      const end = configuration.onChange(componentName, (keys) => {
        for (const key of keys) {
          if (keyPath.length > 0 && keyPath[0] !== key) continue;
          const event = { componentName, keyPath: keyPath.length > 0 ? keyPath : [key] };
          send('ConfigurationUpdateEvents', { configurationUpdateEvent: event });
        }
      });
      onEnd(end);
      return {};
    },
  };
}
