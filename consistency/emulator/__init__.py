"""The embedded Datastore: `google.datastore.v1` in pure Python, and a model of what each read may see when.

Requests come in as bytes with a method's name, replies or a ServiceError go out; `service` is the way in. Reading
order: values, models, engine, indexes, query, transactions, service.

It knows nothing of the harness that measures it: only so can it serve as a standard of comparison.
"""
