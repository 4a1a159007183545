"""Every input that fuzzing is built on still keeps the contract of its target. Fuzzing itself is `scripts/fuzz`."""

import pytest

from fuzz.contract import load_target, target_names
from fuzz.corpus_files import KEPT, MOST_BYTES, MOST_FILES, kept_inputs

MOST_BYTES_IN_ALL = 200 * 1024


@pytest.mark.parametrize("name", target_names())
def test_a_target_holds_its_contract_on_the_inputs_in_the_tree(name: str) -> None:
    """They run most of the reader's code, so a change that lets an error out is seen at once."""
    target = load_target(name)
    inputs = kept_inputs(name)
    assert inputs
    for file in inputs:
        target.check(file.read_bytes())


def test_the_inputs_in_the_tree_stay_few_and_small_and_belong_to_a_target() -> None:
    """Whoever clones the project need not carry a campaign's leavings."""
    assert sorted(path.name for path in KEPT.iterdir()) == target_names()
    sizes = {name: [file.stat().st_size for file in kept_inputs(name)] for name in target_names()}
    assert max(map(len, sizes.values())) <= MOST_FILES
    assert max(map(sum, sizes.values())) <= MOST_BYTES
    assert sum(map(sum, sizes.values())) <= MOST_BYTES_IN_ALL
