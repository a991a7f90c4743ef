"""Confluent's Python serialisers against a schema registry.

registry.py URL FOLDER WORK ...    prints one JSON document; bytes are in base64

WORK is one of:
  write   serialises values of every kind and says what it wrote, and what it says of them when it reads them itself
  read    deserialises what stands in FOLDER/values.json
  again   reads what stands in FOLDER/again.json and writes it again, with the newest schema of each topic
  rest    uses every call of the client library
  protoc  compiles FOLDER/*.proto and prints the descriptors
"""

import base64
import datetime
import decimal
import json
import os
import sys
import uuid

from confluent_kafka.schema_registry import (
    Schema,
    ConfigCompatibilityLevel,
    SchemaReference,
    SchemaRegistryClient,
    SchemaRegistryError,
    ServerConfig,
    header_schema_id_serializer,
    topic_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

url, folder, work = sys.argv[1:4]
# Apicurio's server now and then leaves this client without an answer to what it has logged as answered. It is asked again then, as the next
# of several servers is; ours answers at once.
TRIES = 5
client = SchemaRegistryClient({"url": ",".join([url] * TRIES), "timeout": 3} if "/apis/ccompat" in url else {"url": url})

MONEY = {"type": "record", "name": "Money", "namespace": "m", "fields": [{"name": "units", "type": "long"}]}
EVERYTHING = {
    "type": "record",
    "name": "Everything",
    "namespace": "shop",
    "fields": [
        {"name": "text", "type": "string"},
        {"name": "whole", "type": "long"},
        {"name": "maybe", "type": ["null", "int"], "default": None},
        {"name": "list", "type": {"type": "array", "items": "double"}},
        {"name": "map", "type": {"type": "map", "values": "boolean"}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
    ],
}
VALUE = {
    "text": "grün",
    "whole": 2**53 + 1,
    "maybe": None,
    "list": [0.5, -1.0],
    "map": {"x": True},
    "kind": "B",
    "at": datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc),
    "price": decimal.Decimal("-12.34"),
}
JSON_SCHEMA = json.dumps(
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Order",
        "type": "object",
        "properties": {"id": {"type": "integer"}, "note": {"type": ["string", "null"]}},
        "required": ["id"],
    }
)


def text(data):
    return base64.b64encode(data).decode()


def context(topic, headers=None):
    return SerializationContext(topic, MessageField.VALUE, headers)


def plain(value):
    return json.loads(json.dumps(value, default=str))


def proto_classes():
    """The classes of FOLDER/*.proto, compiled by protoc."""
    from grpc_tools import protoc

    files = sorted(name for name in os.listdir(folder) if name.endswith(".proto"))
    google = os.path.join(os.path.dirname(protoc.__file__), "_proto")
    options = [f"-I{folder}", f"-I{google}", f"--python_out={folder}"]
    assert protoc.main(["protoc", *options, *[f"{folder}/{f}" for f in files]]) == 0
    sys.path.insert(0, folder)
    return [__import__(name.replace(".proto", "_pb2")) for name in files]


def write():
    from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer

    written = {}
    avro = AvroSerializer(client, json.dumps(EVERYTHING))
    data = avro(VALUE, context("py-avro"))
    written["avro"] = {"data": text(data), "read": plain(AvroDeserializer(client)(data, context("py-avro")))}
    header = AvroSerializer(client, json.dumps(EVERYTHING), conf={"schema.id.serializer": header_schema_id_serializer})
    headers = []
    data = header(VALUE, context("py-header", headers))
    written["header"] = {"data": text(data), "headers": [[key, text(value)] for key, value in headers]}
    reading = JSONDeserializer(JSON_SCHEMA, schema_registry_client=client)
    data = JSONSerializer(JSON_SCHEMA, client)({"id": 7, "note": None}, context("py-json"))
    written["json"] = {"data": text(data), "read": reading(data, context("py-json"))}
    (shop, *_) = [module for module in proto_classes() if module.__name__ == "shop_pb2"]
    message = shop.Outer.Inner(name="n")
    message.total.units = 5
    serializer = ProtobufSerializer(shop.Outer.Inner, client, {"use.deprecated.format": False})
    data = serializer(message, context("py-proto"))
    back = ProtobufDeserializer(shop.Outer.Inner, {"use.deprecated.format": False}, client)(data, context("py-proto"))
    written["proto"] = {"data": text(data), "same": back == message}
    return written


def read():
    from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer

    values = json.load(open(f"{folder}/values.json"))
    found = {}
    for name, value in values.items():
        headers = [(key, base64.b64decode(data)) for key, data in value["headers"]]
        where = context(value["topic"], headers)
        data = base64.b64decode(value["data"])
        if name.startswith("avro"):
            found[name] = plain(AvroDeserializer(client)(data, where))
        elif name.startswith("json"):
            found[name] = JSONDeserializer(None, schema_registry_client=client)(data, where)
        else:
            (shop, *_) = [module for module in proto_classes() if module.__name__ == "shop_pb2"]
            message = ProtobufDeserializer(shop.Outer.Inner, {"use.deprecated.format": False}, client)(data, where)
            found[name] = {"name": message.name, "units": message.total.units}
    return found


LATEST = {"auto.register.schemas": False, "use.latest.version": True}


def serializers(given):
    """What reads and writes a value again, by its type and schema."""
    schema = given["schema"]
    if given["type"] == "AVRO":
        return AvroDeserializer(client, return_record_name=True), AvroSerializer(client, schema, conf=LATEST)
    if given["type"] == "JSON":
        return JSONDeserializer(schema, schema_registry_client=client), JSONSerializer(schema, client, conf=LATEST)
    from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
    from message_class import message_class

    message = message_class(schema)
    wire = {"use.deprecated.format": False}
    return ProtobufDeserializer(message, wire, client), ProtobufSerializer(message, client, {**wire, **LATEST})


def again():
    made = {}
    written = []
    for given in json.load(open(f"{folder}/again.json")):
        topic = given["topic"]
        if topic not in made:
            made[topic] = serializers(given)
        reader, writer = made[topic]
        headers = [(key, base64.b64decode(data)) for key, data in given["headers"]]
        value = reader(base64.b64decode(given["data"]), context(topic, headers))
        written.append({"data": text(writer(value, context(topic)))})
    return written


def code_of(work):
    try:
        work()
    except SchemaRegistryError as error:
        return [error.http_status_code, error.error_code]
    return None


def rest():
    steps = {}
    order = Schema(json.dumps(MONEY), "AVRO")
    steps["register"] = client.register_schema("py-rest", order)
    steps["again"] = client.register_schema("py-rest", order, normalize_schemas=True)
    steps["lookup"] = client.lookup_schema("py-rest", order).version
    bill = {"type": "record", "name": "Bill", "fields": [{"name": "total", "type": "m.Money"}]}
    referring = Schema(json.dumps(bill), "AVRO", [SchemaReference("m.Money", "py-rest", 1)])
    identity = client.register_schema("py-bill", referring)
    steps["references"] = [reference.name for reference in client.get_schema(identity).references]
    steps["latest"] = client.get_latest_version("py-bill").version
    steps["version"] = client.get_version("py-bill", 1).schema_id == identity
    steps["versions"] = client.get_versions("py-bill")
    steps["subjects"] = [name for name in client.get_subjects() if name.startswith("py-bill")]
    worse = Schema(json.dumps({**MONEY, "fields": [{"name": "other", "type": "string"}]}), "AVRO")
    steps["compatible"] = client.test_compatibility("py-rest", worse)
    steps["incompatible"] = code_of(lambda: client.register_schema("py-rest", worse))
    client.set_config("py-rest", ServerConfig(compatibility=ConfigCompatibilityLevel.NONE))
    steps["config"] = str(client.get_config("py-rest").compatibility_level)
    steps["free"] = client.register_schema("py-rest", worse) > identity
    steps["absent"] = code_of(lambda: client.get_latest_version("py-none"))
    steps["no id"] = code_of(lambda: client.get_schema(987654))
    steps["invalid"] = code_of(lambda: client.register_schema("py-x", Schema('{"type":"nothing"}', "AVRO")))
    steps["held"] = code_of(lambda: client.delete_version("py-rest", 1))
    steps["deleted"] = client.delete_subject("py-bill")
    steps["gone"] = client.delete_subject("py-bill", permanent=True)
    return steps


def protoc():
    return {module.__name__: text(module.DESCRIPTOR.serialized_pb) for module in proto_classes()}


print(json.dumps({"write": write, "read": read, "again": again, "rest": rest, "protoc": protoc}[work](), default=str))
