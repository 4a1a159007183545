"""What replicas tell the gateway. A message may come from a replica of another version."""

from hypothesis import given
from hypothesis import strategies as st

from services.stream.gateway.news import MAX_BYTES, News

Totals = st.integers(0, 2**64 - 1)


@given(Totals, Totals)
def test_news_arrive_as_they_were_told(taken: int, still_open: int) -> None:
    """Both numbers grow for as long as a replica runs."""
    assert News.decode(News(taken, still_open).encode()) == News(taken, still_open)


@given(st.binary(max_size=2 * MAX_BYTES))
def test_a_message_is_news_or_none(message: bytes) -> None:
    """Then the gateway ends that link, and no other one."""
    news = News.decode(message)
    assert news is None or news.encode() == message
