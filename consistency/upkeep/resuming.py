"""Resuming: what a run needs to go on where it was, after it or its store was killed.

A run's folder comes in, an Order goes out, or the sentence that says why the run cannot go on. Nothing of the old
part is done again: what fell due while nothing ran is missed, a write of unknown outcome stays so, and a series that
was open is closed where its last attempt left it.

    killed here   resumed here
    ----x............o--------------      writes due between x and o are missed slots
    a series |---x   closed, censored
"""

from consistency.archive import Archive, Manifest
from consistency.backends.opening import Order, Tell
from consistency.backends.strays import end_server, find_stray_servers
from consistency.clock import boot_id
from consistency.errors import ConsistencyError
from consistency.plan import Plan
from consistency.target import Backend


def resume(archive: Archive, tell: Tell) -> Order:
    """The order to go on with the run in `archive`; ConsistencyError where it cannot."""
    plan, manifest = archive.load()
    if reason := _refuse(archive, plan, manifest):
        again = f"What there is: consistency report {archive.folder}"
        raise ConsistencyError(f"{manifest.run} cannot be resumed: {reason}. {again}")
    for stray in find_stray_servers([archive.folder]):  # it may still be writing its data
        end_server(stray)
    return Order(plan, manifest.seed, manifest.run, archive, tell, keep_store=True, resumed=manifest)


def _refuse(archive: Archive, plan: Plan, manifest: Manifest) -> str:
    if plan.virtual_time:
        return "on virtual time the same seed gives the same run again"
    if plan.target.backend is Backend.EMBEDDED and not archive.data.exists():
        return "it ran without --keep-store, so its store ended with it"
    if plan.target.backend not in {Backend.EMBEDDED, Backend.ATTACHED}:
        return f"its store ({plan.target.backend}) ended with it"
    if manifest.boot_id != boot_id():
        return "the machine was started anew since (or is another one), and its clock with it"
    if plan.faults or plan.workload.is_transactional:
        return "its plan has faults or transactions, whose state is lost"
    return ""
