import { isTree } from '../configuration/configuration-tree.ts';
import { IpcError } from '../ipc/ipc-error.ts';
import type { Fields, Operations } from '../ipc/operation.ts';
import { objectField, stringField } from '../operations/fields.ts';

/** How long a component may put a deployment off: `componentUpdatePolicy`'s default. */
const UPDATE_TIMEOUT_MS = 60_000;
/** How long a component may think about a configuration (fact G10). */
const VALIDATION_TIMEOUT_MS = 20_000;

interface Listener {
  readonly component: string;
  readonly send: (event: object) => void;
  /** Called with the component's word on a deployment; undefined when it goes away. */
  hear: ((word: Fields | undefined) => void) | undefined;
}

/** Asks the components that want to be asked: whether now is a good moment, and whether a configuration is valid. */
export class Consultation {
  readonly #updates = new Set<Listener>();
  readonly #validations = new Set<Listener>();

  readonly operations: Operations = {
    SubscribeToComponentUpdates: ({ component, send, onEnd }) => {
      this.#listen(this.#updates, component, (event) => send('ComponentUpdatePolicyEvents', event), onEnd);
      return {};
    },
    DeferComponentUpdate: ({ component, fields }) => {
      stringField(fields, 'deploymentId');
      this.#answer(this.#updates, component, fields);
      return {};
    },
    SubscribeToValidateConfigurationUpdates: ({ component, send, onEnd }) => {
      this.#listen(this.#validations, component, (event) => send('ValidateConfigurationUpdateEvents', event), onEnd);
      return {};
    },
    SendConfigurationValidityReport: ({ component, fields }) => {
      this.#answer(this.#validations, component, objectField(fields, 'configurationValidityReport'));
      return {};
    },
  };

  /** Resolves when every component among these agrees to be disturbed, or has put it off for too long. */
  async untilConvenient(deploymentId: string, components: readonly string[]): Promise<void> {
    const asked = [...this.#updates].filter(({ component }) => components.includes(component));
    const timeout = AbortSignal.timeout(UPDATE_TIMEOUT_MS);
    await Promise.all(asked.map((listener) => this.#untilAgreed(listener, deploymentId, timeout)));
  }

  /** Tells that the deployment is through. */
  done(deploymentId: string): void {
    for (const { send } of this.#updates) send({ postUpdateEvent: { deploymentId } });
  }

  /** Why a component does not want a configuration; undefined where it accepts it or doesn't care. */
  async objection(deploymentId: string, component: string, configuration: unknown): Promise<string | undefined> {
    const listener = [...this.#validations].find((candidate) => candidate.component === component);
    if (listener === undefined) return undefined;
    const event = { validateConfigurationUpdateEvent: { configuration, deploymentId } };
    const word = await ask(listener, event, AbortSignal.timeout(VALIDATION_TIMEOUT_MS));
    if (word === 'late') return `${component} did not say within ${VALIDATION_TIMEOUT_MS} ms whether it is valid`;
    if (word === undefined || word.status !== 'REJECTED') return undefined;
    return `${component} rejects it: ${String(word.message ?? 'without a reason')}`;
  }

  async #untilAgreed(listener: Listener, deploymentId: string, timeout: AbortSignal): Promise<void> {
    const event = { preUpdateEvent: { deploymentId, isGgcRestarting: false } };
    while (!timeout.aborted) {
      const word = await ask(listener, event, timeout);
      if (word === undefined || word === 'late') return;
      const delayMs = typeof word.recheckAfterMs === 'number' ? word.recheckAfterMs : 0;
      if (delayMs <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }

  #listen(
    listeners: Set<Listener>,
    component: string,
    send: Listener['send'],
    onEnd: (listener: () => void) => void,
  ): void {
    const listener: Listener = { component, send, hear: undefined };
    listeners.add(listener);
    onEnd(() => {
      listeners.delete(listener);
      listener.hear?.(undefined);
    });
  }

  #answer(listeners: Set<Listener>, component: string, word: Fields): void {
    const listener = [...listeners].find((candidate) => candidate.component === component && candidate.hear);
    if (listener?.hear === undefined) throw new IpcError('InvalidArgumentsError', 'nobody asked');
    listener.hear(word);
  }
}

function ask(listener: Listener, event: object, timeout: AbortSignal): Promise<Fields | undefined | 'late'> {
  return new Promise((resolve) => {
    const late = (): void => listener.hear?.({ late: true });
    listener.hear = (word) => {
      listener.hear = undefined;
      timeout.removeEventListener('abort', late);
      resolve(isTree(word) && word.late === true ? 'late' : word);
    };
    timeout.addEventListener('abort', late, { once: true });
    listener.send(event);
  });
}
