"""The class of a .proto text's first message, as protoc compiles it."""
import os
import tempfile


def message_class(schema):
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
    return message_factory.GetMessageClass(list(main.message_types_by_name.values())[0])
