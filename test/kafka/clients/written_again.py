"""Reads values that another codec wrote and writes them again: a JSON line in, one out, until the end of the input."""
import json
import sys
from io import BytesIO

from message_class import message_class


def avro(schema, data):
    import fastavro

    parsed = fastavro.parse_schema(json.loads(schema))
    value = fastavro.schemaless_reader(BytesIO(data), parsed, return_record_name=True)
    out = BytesIO()
    fastavro.schemaless_writer(out, parsed, value)
    return out.getvalue()


def protobuf(schema, data):
    message = message_class(schema).FromString(data)
    return message.SerializeToString(deterministic=True)


codecs = {"avro": avro, "protobuf": protobuf}
for line in sys.stdin:
    request = json.loads(line)
    try:
        written = codecs[request["kind"]](request["schema"], bytes.fromhex(request["hex"]))
        print(json.dumps({"hex": written.hex()}), flush=True)
    except Exception as error:
        print(json.dumps({"error": repr(error)}), flush=True)
