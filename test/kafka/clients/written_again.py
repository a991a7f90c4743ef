"""Reads values that another codec wrote and writes them again: a JSON line in, one out, until the end of the input."""
import json
import os
import sys
import tempfile
from io import BytesIO


def avro(schema, data):
    import fastavro

    parsed = fastavro.parse_schema(json.loads(schema))
    value = fastavro.schemaless_reader(BytesIO(data), parsed, return_record_name=True)
    out = BytesIO()
    fastavro.schemaless_writer(out, parsed, value)
    return out.getvalue()


def protobuf(schema, data):
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    from grpc_tools import protoc

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "given.proto")
        with open(path, "w") as file:
            file.write(schema)
        known = os.path.join(os.path.dirname(protoc.__file__), "_proto")
        files = os.path.join(folder, "out")
        if protoc.main(["protoc", f"-I{folder}", f"-I{known}", "--include_imports", f"--descriptor_set_out={files}", path]) != 0:
            raise ValueError("protoc refuses the schema")
        with open(files, "rb") as file:
            all_files = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for one in all_files.file:
        pool.Add(one)
    main = pool.FindFileByName("given.proto")
    first = list(main.message_types_by_name.values())[0]
    message = message_factory.GetMessageClass(first).FromString(data)
    return message.SerializeToString(deterministic=True)


codecs = {"avro": avro, "protobuf": protobuf}
for line in sys.stdin:
    request = json.loads(line)
    try:
        written = codecs[request["kind"]](request["schema"], bytes.fromhex(request["hex"]))
        print(json.dumps({"hex": written.hex()}), flush=True)
    except Exception as error:
        print(json.dumps({"error": repr(error)}), flush=True)
