"""Consistency models: what an eventual read may see, as policies over commit logs. One line each in MODELS."""

from collections.abc import Callable
from difflib import get_close_matches

from consistency.emulator.models.megastore import Megastore
from consistency.emulator.models.policy import Model
from consistency.emulator.models.strong import Strong
from consistency.emulator.settings import Settings

MODELS: dict[str, Callable[[Settings], Model]] = {
    "strong": Strong,
    "megastore": Megastore,
}


def open_model(settings: Settings) -> Model:
    """The model that the settings name, at its beginning; ValueError in one sentence for an unknown name."""
    if settings.model not in MODELS:
        near = get_close_matches(settings.model, MODELS, 1)
        raise ValueError(
            f'"{settings.model}" is not a consistency model: choose one of {", ".join(MODELS)}'
            + (f"; did you mean {near[0]}?" if near else "")
        )
    return MODELS[settings.model](settings)
