"""The schema of our own history files is what the types say, and the page beside it names every field."""

from consistency.archive import FORMAT
from consistency.interchange.schema import PATH, write_schema
from consistency.operation import Began, Completion, Ended, FaultChange, Invocation, Sounding


class TestSchema:
    def test_the_file_is_up_to_date(self) -> None:
        """Mend it: `python -c "from consistency.interchange.schema import *; PATH.write_text(write_schema())"`."""
        assert PATH.read_text(encoding="utf-8") == write_schema()

    def test_the_page_names_every_field_and_the_format(self) -> None:
        """A field that nobody describes is none."""
        page = PATH.with_name("HISTORY.md").read_text(encoding="utf-8")
        fields = {
            name
            for event in (Invocation, Completion, FaultChange, Began, Sounding, Ended)
            for name in event.__struct_fields__
        }
        assert not {name for name in fields if f"`{name}`" not in page}
        assert f"format {FORMAT}" in page
