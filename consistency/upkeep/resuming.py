"""Resuming: what a run needs to go on where it was, after it or its store was killed.

A run's folder comes in, an Order goes out, or the sentence that says why the run cannot go on. Nothing of the old
part is done again: what fell due while nothing ran is missed, a write of unknown outcome stays so, and a series that
was open is closed where its last attempt left it.

    killed here   resumed here
    ----x............o--------------      writes due between x and o are missed slots
    a series |---x   closed, censored

A run whose readers are processes of their own goes on as its writer; its readers join it again, each with `read`.
"""

from pathlib import Path

from consistency.archive import Archive
from consistency.backends.opening import Order, Tell
from consistency.backends.strays import end_server, find_stray_servers
from consistency.errors import ConsistencyError
from consistency.plan import Plan
from consistency.recorder import has_ended
from consistency.run_lock import is_held
from consistency.target import Backend
from consistency.upkeep.segments import join_this_boot


def resume(archive: Archive, tell: Tell) -> Order:
    """The order to go on with the run in `archive`; ConsistencyError where it cannot."""
    plan, manifest = archive.load()
    if reason := _refuse(archive, plan):
        again = f"What there is: consistency report {archive.folder}"
        raise ConsistencyError(f"{manifest.run} cannot be resumed: {reason}. {again}")
    for stray in find_stray_servers([archive.folder]):  # it may still be writing its data
        end_server(stray)
    manifest = join_this_boot(archive, plan, manifest)
    queue = Path(manifest.queue) if manifest.queue else None
    keeps = plan.target.backend is Backend.EMBEDDED
    return Order(plan, manifest.seed, manifest.run, archive, tell, keep_store=keeps, resumed=manifest, queue=queue)


def _refuse(archive: Archive, plan: Plan) -> str:
    """Why the run cannot go on, or ""."""
    backend = plan.target.backend
    cleaning = f"consistency clean --run {archive.folder}"
    reasons = [
        (plan.virtual_time, "on virtual time the same seed gives the same run again"),
        (
            backend is Backend.EMBEDDED and not archive.data.exists(),
            "it ran without --keep-store, so its store ended with it",
        ),
        (backend is Backend.LIVE, f"a live run asks for consent each time; what it left is removed by {cleaning}"),
        (backend in {Backend.GOOGLE, Backend.DOCKER}, f"its store ({backend}) ended with it"),
        (is_held(archive.folder), "it still runs"),
        (all(map(has_ended, archive.histories())), "it has run to its end"),
        (
            bool(plan.faults) or plan.workload.is_transactional,
            "its plan has faults or transactions, whose state is lost",
        ),
    ]
    return next((reason for holds, reason in reasons if holds), "")
