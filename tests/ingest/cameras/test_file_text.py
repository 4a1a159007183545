"""The cameras file in pieces: what a change leaves as it is, byte for byte, and which files are left to hands."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.cameras import table_text
from services.ingest.cameras.file_text import FileText, UnusualFormError

FILE = """# The cameras of the house.
#   (two of them)

# The front door,
# behind the bell.
[[camera]] # first
device_key = 'front'   # stays
name = "Front"
# rtsp_url = "rtsp://old"
fps = 15


# The garden
[[ camera ]]
device_key = "garden"
privacy_masks = [
  [[0, 0], [0.5, 0], [0, 0.5]],  # the neighbour
]
"""


def test_a_camera_has_the_comments_above_it_and_the_files_head_stays_before() -> None:
    text = FileText.of(FILE)
    assert text.text == FILE
    assert text.before == "# The cameras of the house.\n#   (two of them)\n\n"
    assert text.pieces[0].startswith("# The front door,")
    assert text.pieces[1].startswith("# The garden\n[[ camera ]]")


def test_a_change_keeps_comments_order_and_quotes_of_what_it_does_not_touch() -> None:
    text = FileText.of(FILE)
    piece = table_text.changed(text.pieces[0], {"name": "Door", "fps": None, "rotate": 90})
    assert piece == (
        "# The front door,\n# behind the bell.\n[[camera]] # first\ndevice_key = 'front'   # stays\n"
        'name = "Door"\nrotate = 90\n# rtsp_url = "rtsp://old"\n\n\n'
    )
    assert text.with_piece(0, piece).text == FILE.replace(text.pieces[0], piece)


def test_a_new_camera_stands_behind_the_others_and_a_blank_line() -> None:
    piece = table_text.new_piece({"device_key": "shed", "enabled": False})
    assert piece == '[[camera]]\ndevice_key = "shed"\nenabled = false\n'
    assert FileText.of(FILE).with_new(piece).text == f"{FILE}\n{piece}"
    assert FileText.of("").with_new(piece).text == piece
    assert FileText.of("# none yet").with_new(piece).text == f"# none yet\n\n{piece}"
    assert FileText.of("[[camera]]\ndevice_key='a'").with_new(piece).text == f"[[camera]]\ndevice_key='a'\n\n{piece}"


def test_an_order_moves_whole_pieces_also_one_without_a_line_end() -> None:
    text = FileText.of("[[camera]]\ndevice_key='a'\n\n# b\n[[camera]]\ndevice_key='b'")
    assert text.in_order([1, 0]).text == "# b\n[[camera]]\ndevice_key='b'\n[[camera]]\ndevice_key='a'\n\n"


def test_a_comment_at_a_cameras_end_does_not_become_the_next_ones() -> None:
    """The key that stood between them may go, or the piece may get another neighbour."""
    text = FileText.of("[[camera]]\na = 1\n# mine\nb = 2\n# yours\n[[camera]]\nc = 3\n# mine, too\n")
    without = text.with_piece(0, table_text.changed(text.pieces[0], {"b": None}))
    assert without.pieces == ("[[camera]]\na = 1\n# mine\n\n", text.pieces[1])
    turned = text.in_order([1, 0])
    assert turned.pieces == ("# yours\n[[camera]]\nc = 3\n# mine, too\n\n", text.pieces[0])
    for each in (without, turned):
        assert FileText.of(each.text) == each


@pytest.mark.parametrize(
    "text",
    [
        "camera = [{device_key = 'a'}]\n",
        "[[camera]]\ndevice_key = 'a'\nname = '''\n[[camera]]\n'''\n",
        "title = 'x'\n[[camera]]\ndevice_key = 'a'\n",
        "[[camera]]\ndevice_key = 'a'\n[camera.more]\nx = 1\n[[camera]]\ndevice_key = 'b'\n[other]\n",
    ],
)
def test_another_form_is_left_to_hands(text: str) -> None:
    """Also a text of several lines that has a header in it: a piece would begin in its midst."""
    with pytest.raises(UnusualFormError):
        FileText.of(text)


def test_signs_that_end_lines_elsewhere_don_t_here() -> None:
    text = "[[camera]]\ndevice_key = 'a'\nname = 'one\u2028[[camera]]\x85two'\n"
    assert FileText.of(text).pieces == (text,)


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.integers(-(10**9), 10**9),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.lists(st.integers(0, 100), max_size=3),
)
NAMES = st.sampled_from(["name", "fps", "rtsp_url", "widths", "enabled", "overlay"])
COMMENTS = st.sampled_from(["", "# a comment\n", "\n", "\n# one\n# two\n", "   # indented\n\n"])


@st.composite
def files(draw: st.DrawFn) -> str:
    pieces = []
    for number in range(draw(st.integers(1, 4))):
        lines = "".join(
            f"{name} = {value}{draw(st.sampled_from(['', '  # why']))}\n"
            for name, value in draw(
                st.dictionaries(NAMES, st.sampled_from(["1", "'x'", '"y"', "true", "[1,\n 2]"]), max_size=4)
            ).items()
        )
        pieces.append(f"{draw(COMMENTS)}[[camera]]\ndevice_key = 'c{number}'\n{lines}{draw(COMMENTS)}")
    return draw(COMMENTS) + "".join(pieces)


@settings(deadline=None)
@given(file=files(), data=st.data())
def test_whatever_is_changed_the_other_cameras_stay_byte_for_byte(file: str, data: st.DataObject) -> None:
    text = FileText.of(file)
    tables = tomllib.loads(file)["camera"]
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text.pieces) - 1))
        changes = data.draw(st.dictionaries(NAMES, st.one_of(st.none(), VALUES), max_size=3))
        before, text = text, text.with_piece(place, table_text.changed(text.pieces[place], changes))
        assert [*text.pieces[:place], *text.pieces[place + 1 :]] == [
            *before.pieces[:place],
            *before.pieces[place + 1 :],
        ]
        assert text.before == before.before
        tables[place] = {name: value for name, value in {**tables[place], **changes}.items() if value is not None}
        assert tomllib.loads(text.text)["camera"] == tables
        assert FileText.of(text.text).text == text.text
