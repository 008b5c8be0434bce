import math
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_cluster.training.schedule import plateaus, rate


def of(**recipe):
    return SimpleNamespace(
        **{"learning_rate": 2.0, "epochs": 10, "warm_up": 0.0, "schedule": "constant"} | recipe
    )


def test_rates_by_hand():
    assert [rate(of(), epoch) for epoch in (0, 3.5, 10)] == [2.0] * 3
    cosine = of(schedule="cosine")
    assert [rate(cosine, e) for e in (0, 2.5, 5, 10)] == pytest.approx([2, 1 + math.sqrt(0.5), 1, 0])
    warm = of(schedule="cosine", warm_up=2.0)
    assert [rate(warm, e) for e in (0, 0.5, 2, 6, 10)] == pytest.approx([0, 0.5, 2, 1, 0])
    for long in (10.0, 12.0, 1e9):  # half of the epochs at most
        assert [rate(of(warm_up=long), e) for e in (1, 5, 9)] == pytest.approx([0.4, 2, 2])
        assert rate(of(warm_up=long, schedule="cosine"), 7.5) == pytest.approx(1)


def test_plateaus_by_hand():
    flat = of(schedule="plateau")
    assert rate(flat, 4, []) == 2.0
    assert rate(flat, 6, [0.3] * 6) == 2.0  # five without a better one are borne
    assert rate(flat, 7, [0.3] * 7) == 1.5
    assert rate(flat, 12, [0.3] * 12) == 1.5
    assert rate(flat, 13, [0.3] * 13) == 1.125
    assert rate(flat, 8, [0.3] * 6 + [0.31, 0.3]) == 2.0
    assert plateaus([0.5, 0.1, 0.2, 0.3, 0.35, 0.4]) == 0
    assert plateaus([0.5, 0.1, 0.2, 0.3, 0.35, 0.4, 0.45]) == 1  # below the best, though rising


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["constant", "cosine", "plateau"]),
    st.integers(1, 300),
    st.floats(0, 400),
    st.floats(0, 1),
    st.lists(st.floats(0, 1), max_size=30),
)
def test_a_rate_is_never_negative_nor_above_what_was_given(schedule, epochs, warm_up, share, watched):
    recipe = of(schedule=schedule, epochs=epochs, warm_up=warm_up, learning_rate=0.3)
    assert 0 <= rate(recipe, share * epochs, watched) <= 0.3
    if schedule == "cosine":
        assert rate(recipe, epochs, watched) == pytest.approx(0, abs=1e-12)
