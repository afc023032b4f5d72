"""Settings that cannot be meant."""

import pytest

from consistency.emulator.models import open_model
from consistency.emulator.settings import Settings


class TestSettings:
    """Refused in one sentence."""

    @pytest.mark.parametrize("field", ["apply_a", "apply_b"])
    def test_a_delay_that_cannot_be_read(self, field: str) -> None:
        """As soon as it is said."""
        with pytest.raises(ValueError, match="soon"):
            Settings(**{field: "soon"})  # type: ignore[arg-type]

    def test_an_unknown_model_names_the_nearest(self) -> None:
        """And lists them all."""
        with pytest.raises(ValueError, match=r"strong, megastore, .* did you mean megastore") as refusal:
            open_model(Settings("megastor"))
        assert "\n" not in str(refusal.value)
