import { authorize } from '../access-control.ts';
import type { ConfigurationStore } from '../configuration/configuration-store.ts';
import type { IotCore } from '../iot-core/iot-core.ts';
import { IpcError } from '../ipc/ipc-error.ts';
import type { Fields, Operations } from '../ipc/operation.ts';
import { bytesField, stringField } from './fields.ts';

/** Messages from and to the cloud. The nucleus acknowledges what comes before any component has handled it. */
export function iotCoreOperations(options: {
  readonly thing: string;
  readonly configuration: ConfigurationStore;
  readonly iotCore: IotCore;
}): Operations {
  const { thing, configuration, iotCore } = options;

  function check(component: string, operation: string, resource: string): void {
    authorize({
      component,
      configuration: configuration.get(component),
      thing,
      service: 'aws.greengrass.ipc.mqttproxy',
      operation,
      resource,
    });
  }

  return {
    PublishToIoTCore({ component, fields }) {
      const topic = stringField(fields, 'topicName');
      check(component, 'PublishToIoTCore', topic);
      iotCore.publish(topic, bytesField(fields, 'payload'), qosField(fields));
      return {};
    },
    async SubscribeToIoTCore({ component, fields, send, onEnd }) {
      const filter = stringField(fields, 'topicName');
      check(component, 'SubscribeToIoTCore', filter);
      const end = await iotCore.subscribe(filter, qosField(fields), (topicName, payload) => {
        send('IoTCoreMessage', { message: { topicName, payload: payload.toString('base64') } });
      });
      onEnd(end);
      return {};
    },
  };
}

function qosField({ qos }: Fields): 0 | 1 {
  if (qos === undefined || qos === '0' || qos === 0) return 0;
  if (qos === '1' || qos === 1) return 1;
  throw new IpcError('InvalidArgumentsError', 'qos must be 0 or 1');
}
