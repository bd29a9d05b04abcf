import { matchesFilter } from '../../../../component/link/topic-filter.ts';
import { authorize } from '../access-control.ts';
import type { ConfigurationStore } from '../configuration/configuration-store.ts';
import { isTree } from '../configuration/configuration-tree.ts';
import { IpcError } from '../ipc/ipc-error.ts';
import type { Operations } from '../ipc/operation.ts';
import { bytesField, objectField, stringField } from './fields.ts';

interface Subscriber {
  readonly component: string;
  readonly filter: string;
  readonly skipOwn: boolean;
  readonly send: (event: unknown) => void;
}

/** Messages between components of the device. Nothing is kept for anybody who isn't listening. */
export function localTopicOperations(options: {
  readonly thing: string;
  readonly configuration: ConfigurationStore;
}): Operations {
  const { thing, configuration } = options;
  const subscribers = new Set<Subscriber>();

  function check(component: string, operation: string, resource: string): void {
    authorize({
      component,
      configuration: configuration.get(component),
      thing,
      service: 'aws.greengrass.ipc.pubsub',
      operation,
      resource,
    });
  }

  return {
    SubscribeToTopic({ component, fields, send, onEnd }) {
      const filter = stringField(fields, 'topic');
      check(component, 'SubscribeToTopic', filter);
      const subscriber: Subscriber = {
        component,
        filter,
        skipOwn: fields.receiveMode === 'RECEIVE_MESSAGES_FROM_OTHERS',
        send: (event) => send('SubscriptionResponseMessage', event),
      };
      subscribers.add(subscriber);
      onEnd(() => subscribers.delete(subscriber));
      return { topicName: filter };
    },
    PublishToTopic({ component, fields }) {
      const topic = stringField(fields, 'topic');
      if (/[+#]/.test(topic)) throw new IpcError('InvalidArgumentsError', 'a topic to publish to holds no + and #');
      check(component, 'PublishToTopic', topic);
      const event = withTopic(objectField(fields, 'publishMessage'), topic);
      for (const { component: listener, filter, skipOwn, send } of [...subscribers]) {
        if (matchesFilter(filter, topic) && !(skipOwn && listener === component)) send(event);
      }
      return {};
    },
  };
}

function withTopic(message: Record<string, unknown>, topic: string): object {
  const { binaryMessage, jsonMessage } = message;
  const context = { topic };
  if (isTree(binaryMessage)) {
    bytesField(binaryMessage, 'message');
    return { binaryMessage: { message: binaryMessage.message ?? '', context } };
  }
  if (isTree(jsonMessage)) return { jsonMessage: { message: jsonMessage.message, context } };
  throw new IpcError('InvalidArgumentsError', 'publishMessage must hold jsonMessage or binaryMessage');
}
