"""DatastoreAdmin's long-running operations, each done when it is answered: there is nothing to poll for.

The classes of the admin API are imported here and in the modules that build on this one, and only when somebody calls
them: they bring a whole client package with them.
"""

from google.cloud.datastore_admin_v1.types import datastore_admin
from google.longrunning.operations_pb2 import Operation

from consistency.emulator.values.framing import set_time
from consistency.emulator.values.messages import Message

EXPORT, IMPORT, CREATE_INDEX, DELETE_INDEX = 1, 2, 3, 4  # CommonMetadata's operation types
_SUCCESSFUL = 5  # its state
IndexMetadata: Message = datastore_admin.IndexOperationMetadata.pb()
ExportMetadata: Message = datastore_admin.ExportEntitiesMetadata.pb()
ImportMetadata: Message = datastore_admin.ImportEntitiesMetadata.pb()


def finish_operation(
    name: str, operation_type: int, started_us: int, ended_us: int, metadata: Message, response: Message
) -> bytes:
    """The serialised operation `name` that succeeded: its metadata, completed here, and its response."""
    operation = Operation(name=name, done=True)
    told = metadata.common
    told.operation_type, told.state = operation_type, _SUCCESSFUL
    set_time(told.start_time, started_us)
    set_time(told.end_time, ended_us)
    operation.metadata.Pack(metadata)
    operation.response.Pack(response)
    content: bytes = operation.SerializeToString()
    return content
