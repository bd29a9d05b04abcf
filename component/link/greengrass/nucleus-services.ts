import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, IpcSession } from './ipc-session.ts';
import { type GreengrassEnvironment, guessNucleus, type NucleusKind } from './nucleus.ts';

/** Names of what not every nucleus can do (fact L6). */
const COMPONENT_UPDATES = 'component-updates';
const VALIDATION = 'configuration-validation';

/** While texts are being answered a deployment waits, and asks again after this. */
const DEFER_MS = 1000;
/** After this a deployment goes on even so: under steady load there is always something. */
const MAX_DEFERRAL_MS = 30_000;

/** Reads the component's whole configuration (fact G6: by any other way numbers come out wrong). @throws VergeError or the SDK's error */
export async function readConfiguration(session: IpcSession): Promise<unknown> {
  const { value } = await session
    .connection()
    .call('the configuration', (client) => client.getConfiguration({ keyPath: [] }));
  return value;
}

/** Calls when the configuration has changed, or may have while there was no connection. */
export function watchConfiguration(session: IpcSession, onUpdate: () => void): Promise<void> {
  return session.prepare(async (connection) => {
    await connection.call('the subscription to the configuration', async (client) => {
      const stream = client.subscribeToConfigurationUpdate({ keyPath: [] });
      stream.on('message', onUpdate);
      stream.on('streamError', () => undefined);
      await stream.activate();
    });
    onUpdate();
  }).done;
}

/** Says of configurations to come whether they are valid, where the nucleus asks. */
export function answerValidation(
  session: IpcSession,
  objection: (raw: unknown) => Promise<string | undefined>,
): Promise<void> {
  const subscribe = (connection: Connection): Promise<unknown> =>
    connection.call('the subscription to validations', async (client) => {
      const stream = client.subscribeToValidateConfigurationUpdates({});
      stream.on('message', ({ validateConfigurationUpdateEvent: event }) => {
        if (event === undefined) return;
        const report = async (): Promise<void> => {
          const message = await objection(event.configuration);
          // The SDK's enum, by its values on the wire.
          const status = (message === undefined ? 'ACCEPTED' : 'REJECTED') as never;
          const configurationValidityReport = {
            deploymentId: event.deploymentId,
            status,
            ...(message === undefined ? {} : { message }),
          };
          await client.sendConfigurationValidityReport({ configurationValidityReport });
        };
        void report().catch(() => undefined);
      });
      stream.on('streamError', () => undefined);
      await stream.activate();
    });
  return session.prepare(async () => {
    await session.attempt(VALIDATION, subscribe);
  }).done;
}

/** Has deployments wait while texts are being answered, where the nucleus asks. */
export function deferUpdates(session: IpcSession, isBusy: () => boolean): Promise<void> {
  const deferredSince = new Map<string, number>();
  const subscribe = (connection: Connection): Promise<unknown> =>
    connection.call('the subscription to component updates', async (client) => {
      const stream = client.subscribeToComponentUpdates({});
      stream.on('message', ({ preUpdateEvent, postUpdateEvent }) => {
        if (postUpdateEvent) deferredSince.delete(postUpdateEvent.deploymentId);
        if (preUpdateEvent === undefined) return;
        const { deploymentId } = preUpdateEvent;
        const since = deferredSince.get(deploymentId) ?? performance.now();
        deferredSince.set(deploymentId, since);
        const waits = isBusy() && performance.now() - since < MAX_DEFERRAL_MS;
        const recheckAfterMs = waits ? DEFER_MS : 0;
        void client
          .deferComponentUpdate({ deploymentId, recheckAfterMs, message: 'texts are being answered' })
          .catch(() => undefined);
      });
      stream.on('streamError', () => undefined);
      await stream.activate();
    });
  return session.prepare(async () => {
    await session.attempt(COMPONENT_UPDATES, subscribe);
  }).done;
}

/** The kind of nucleus: known for certain once `deferUpdates` was answered, since lite refuses it (fact L6). */
export function nucleusOf(session: IpcSession, environment: GreengrassEnvironment): NucleusKind {
  const asks = session.capabilities()[COMPONENT_UPDATES];
  if (asks === undefined) return guessNucleus(environment);
  return asks ? 'java' : 'lite';
}

/** Tells the nucleus how the component is; a nucleus that cannot be reached need not know. */
export async function reportState(session: IpcSession, state: 'RUNNING' | 'ERRORED'): Promise<void> {
  try {
    // The SDK's enum, by its values on the wire.
    const told = session.connection().call('a state', (client) => client.updateState({ state: state as never }));
    await Promise.race([told, delay(REPORT_TIMEOUT_MS, undefined, { ref: false })]);
  } catch {
    // said again with the next state
  }
}

const REPORT_TIMEOUT_MS = 2000;
