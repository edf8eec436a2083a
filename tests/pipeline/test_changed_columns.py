"""Each column of the released small sample that readers see otherwise than it is says so in their file."""

import pytest

from tests.changed_columns import untold
from tests.running import Deployed


@pytest.mark.parametrize("audience", ["current", "practice", "public"])
def test_each_column_that_is_hidden_or_rounded_says_so(released: Deployed, audience: str) -> None:
    assert untold(released.home.published / f"{audience}.duckdb", released.home.private / "current.duckdb") == set()
