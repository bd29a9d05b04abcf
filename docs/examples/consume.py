# python consume.py localhost 1883    (pip install paho-mqtt) One line for each result until it is stopped.
import json
import sys

import paho.mqtt.client as mqtt

seen = {}  # (thing, boot) -> numbers of the messages that were handled; a database with a unique key does it as well


def on_connect(client, _userdata, _flags, reason, _properties):
    if reason.is_failure:
        sys.exit(f"the broker refused the connection: {reason}")
    client.subscribe("dt/verge/+/+/result", qos=1)


def on_message(client, _userdata, message):
    try:
        event = json.loads(message.payload)
        if event["type"] != "dev.verge.result.v1":
            raise ValueError(f"unknown type {event['type']}")
        data, thing = event["data"], message.topic.split("/")[3]
        numbers = seen.setdefault((thing, data["boot"]), set())
        if data["seq"] not in numbers:  # devices send again what they can't be sure of
            for index, result in enumerate(data["results"]):
                if "error" in result:
                    continue
                print(f"{event['id']}:{index}", result["label"], result["score"], flush=True)
            numbers.add(data["seq"])
    except (ValueError, KeyError, TypeError) as error:
        print(f"{message.topic}: {error}", file=sys.stderr)  # never fatal: the next message may be well
    client.ack(message.mid, message.qos)


client = mqtt.Client(
    mqtt.CallbackAPIVersion.VERSION2, client_id="results-to-python", clean_session=False, manual_ack=True
)
client.on_connect = on_connect
client.on_message = on_message
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_forever()
