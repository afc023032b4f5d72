"""The definitions of google.datastore.v1 as the installed client package has them.

`python -m tests.emulator.values.definitions` writes them into the emulator, after the package was updated.
"""

from typing import Any

from google.cloud.datastore_v1.types import datastore
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from consistency.emulator.values.messages import DEFINITIONS


def collect_definitions() -> bytes:
    """A FileDescriptorSet of all that the service's requests and replies consist of, each file behind what it needs."""
    files: dict[str, FileDescriptorProto] = {}

    def add(descriptor: Any) -> None:
        if descriptor.name not in files:
            for needed in sorted(descriptor.dependencies, key=lambda file: str(file.name)):
                add(needed)
            file = files[descriptor.name] = FileDescriptorProto()
            descriptor.CopyToProto(file)
            file.dependency.sort()  # the package keeps them in a set, which has another order in every process

    add(datastore.LookupRequest.pb().DESCRIPTOR.file)
    return FileDescriptorSet(file=files.values()).SerializeToString(deterministic=True)


if __name__ == "__main__":
    DEFINITIONS.write_bytes(collect_definitions())
