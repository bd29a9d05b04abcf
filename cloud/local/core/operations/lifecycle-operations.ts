import { authorize, type PolicyService } from '../access-control.ts';
import type { Component } from '../components/component.ts';
import type { ConfigurationStore } from '../configuration/configuration-store.ts';
import { isTree } from '../configuration/configuration-tree.ts';
import type { Deployer, DeploymentRequest } from '../deployment/deployer.ts';
import { IpcError } from '../ipc/ipc-error.ts';
import type { Operations } from '../ipc/operation.ts';
import { stringField } from './fields.ts';

const CLI: PolicyService = 'aws.greengrass.Cli';

/** What components say of themselves and do to each other. */
export function lifecycleOperations(options: {
  readonly thing: string;
  readonly configuration: ConfigurationStore;
  readonly deployer: Deployer;
  /** What components reported, those that the core doesn't run included. */
  readonly onReport: (component: string, state: 'RUNNING' | 'ERRORED') => void;
}): Operations {
  const { thing, configuration, deployer, onReport } = options;

  function check(component: string, operation: string, resource: string): void {
    authorize({ component, configuration: configuration.get(component), thing, service: CLI, operation, resource });
  }
  function find(name: string): Component {
    const component = deployer.components.get(name);
    if (component === undefined) throw new IpcError('ResourceNotFoundError', `there is no component ${name}`);
    return component;
  }
  function details({ recipe, state }: Component): object {
    const { name: componentName, version } = recipe;
    return { componentName, version, state, configuration: configuration.get(componentName) };
  }

  return {
    UpdateState({ component, fields }) {
      const { state } = fields;
      if (state !== 'RUNNING' && state !== 'ERRORED') {
        throw new IpcError('InvalidArgumentsError', 'state must be RUNNING or ERRORED');
      }
      onReport(component, state);
      deployer.components.get(component)?.report(state);
      return {};
    },
    RestartComponent({ component, fields }) {
      const name = stringField(fields, 'componentName');
      check(component, 'RestartComponent', name);
      const found = find(name);
      void found.stop().then(() => found.start());
      return { restartStatus: 'SUCCEEDED' };
    },
    CreateLocalDeployment({ component, fields }) {
      check(component, 'CreateLocalDeployment', '*');
      const { rootComponentVersionsToAdd: add, rootComponentsToRemove: remove, componentToConfiguration } = fields;
      const updates = isTree(componentToConfiguration) ? componentToConfiguration : {};
      const components: Record<string, { version: string; configurationUpdate?: object }> = {};
      for (const [name, version] of Object.entries(isTree(add) ? add : {})) {
        const update = updates[name];
        components[name] = {
          version: String(version),
          ...(isTree(update) ? { configurationUpdate: lowerCased(update) } : {}),
        };
      }
      const request: DeploymentRequest = { components, remove: Array.isArray(remove) ? remove.map(String) : [] };
      // Only accepted here: it may well restart the component that asks.
      const outcome = deployer.deploy(request);
      outcome.catch(() => undefined);
      return { deploymentId: `local-${Date.now()}` };
    },
    ListComponents({ component }) {
      check(component, 'ListComponents', '*');
      return { components: [...deployer.components.values()].map(details) };
    },
    GetComponentDetails({ component, fields }) {
      const name = stringField(fields, 'componentName');
      check(component, 'GetComponentDetails', name);
      return { componentDetails: details(find(name)) };
    },
    /** The Java nucleus takes metrics of AWS's own components alone (read in its source). */
    PutComponentMetric({ component }) {
      if (component.startsWith('aws.')) return {};
      throw new IpcError('UnauthorizedError', `${component} is not authorized to put metrics`);
    },
  };
}

/** `MERGE` and `RESET` as the operation spells them. */
function lowerCased(update: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(update).map(([key, value]) => [key.toLowerCase(), value]));
}
