"""The messages of exports: entities as the old Datastore API (v3) has them, and what tells which files there are.

They are declared here, field by field, since no package that applications have brings them. Only what an export holds
is declared; other fields of such files are passed over. Numbers and names were read off files that Google's legacy
emulator wrote, and off the descriptors in App Engine's Python SDK.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Message = Any  # classes that are made at run time have no types that mypy could see

_PACKAGE = "consistency.exports"
_Type = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "int64": _Type.TYPE_INT64,
    "bool": _Type.TYPE_BOOL,
    "bytes": _Type.TYPE_BYTES,
    "string": _Type.TYPE_STRING,
    "double": _Type.TYPE_DOUBLE,
    "enum": _Type.TYPE_INT32,  # of which nothing but the number is needed
}
# name=number:type; a star: repeated; parentheses: a group, the old form of a message within a message
_MESSAGES = {
    "EntityProto": "key=13:Reference property=14:Property* raw_property=15:Property* entity_group=16:Path",
    "Reference": "app=13:string path=14:Path name_space=20:string database_id=23:string",
    "Path": "element=1:(Element)*",
    "Element": "type=2:string id=3:int64 name=4:string",
    "Property": "meaning=1:enum meaning_uri=2:string name=3:string multiple=4:bool value=5:PropertyValue",
    "PropertyValue": "int64=1:int64 boolean=2:bool string=3:bytes double=4:double pointvalue=5:(PointValue)"
    " uservalue=8:(UserValue) referencevalue=12:(ReferenceValue)",
    "PointValue": "x=6:double y=7:double",
    "UserValue": "email=9:string auth_domain=10:string nickname=11:string gaiaid=18:int64 obfuscated_gaiaid=19:string"
    " federated_identity=21:string federated_provider=22:string",
    "ReferenceValue": "app=13:string pathelement=14:(PathElement)* name_space=20:string database_id=23:string",
    "PathElement": "type=15:string id=16:int64 name=17:string",
    "OverallExport": "pointers=1:ExportPointer*",
    "ExportPointer": "entities=1:EntitySet file=2:string entity_count=3:int64 byte_count=4:int64",
    "EntitySet": "kinds=1:enum kind=2:string namespaces=3:enum namespace=4:string",
    "Export": "information=1:ExportInformation files=2:KindFiles*",
    "ExportInformation": "name=1:string start_us=2:int64 end_us=3:int64",
    "KindFiles": "kind=1:string file=2:string*",
}


def _declare(name: str, fields: str) -> descriptor_pb2.DescriptorProto:
    message = descriptor_pb2.DescriptorProto(name=name)
    for each in fields.split():
        field_name, _, rest = each.partition("=")
        number, _, type_name = rest.partition(":")
        field = message.field.add(name=field_name, number=int(number))
        field.label = _Type.LABEL_REPEATED if type_name.endswith("*") else _Type.LABEL_OPTIONAL
        type_name = type_name.rstrip("*")
        if type_name in _SCALARS:
            field.type = _SCALARS[type_name]
            continue
        field.type = _Type.TYPE_GROUP if type_name.startswith("(") else _Type.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{type_name.strip('()')}"
    return message


def _build() -> dict[str, Message]:
    file = descriptor_pb2.FileDescriptorProto(name="exports.proto", package=_PACKAGE, syntax="proto2")
    file.message_type.extend(_declare(name, fields) for name, fields in _MESSAGES.items())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


_CLASSES = _build()
EntityProto = _CLASSES["EntityProto"]
OverallExport = _CLASSES["OverallExport"]
Export = _CLASSES["Export"]
