"""Consistency models: what an eventual read may see, as policies over commit logs. One line each in MODELS."""

from collections.abc import Callable

from consistency.emulator.models.bounded import Bounded
from consistency.emulator.models.job_policy import JobPolicy
from consistency.emulator.models.manual import Manual
from consistency.emulator.models.megastore import Megastore
from consistency.emulator.models.per_read import PerRead
from consistency.emulator.models.policy import Model
from consistency.emulator.models.quorum import Quorum
from consistency.emulator.models.replicas import Replicas
from consistency.emulator.models.strong import Strong
from consistency.emulator.settings import Settings
from consistency.parameters import check_model

MODELS: dict[str, Callable[[Settings], Model]] = {
    "strong": Strong,
    "megastore": Megastore,
    "replicas": Replicas,
    "quorum": Quorum,
    "job_policy": JobPolicy,
    "per_read": PerRead,
    "bounded": Bounded,
    "manual": Manual,
}


def open_model(settings: Settings) -> Model:
    """The model that the settings name, at its beginning; ValueError in one sentence for an unknown name."""
    check_model(settings.model)
    return MODELS[settings.model](settings)
