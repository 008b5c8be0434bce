import numpy as np
import pytest

from fer_cluster.written import percent, three


@pytest.mark.parametrize(
    ("value", "text"), [(-0.0004, "0.000"), (-0.0006, "-0.001"), (np.float64(-1e-9), "0.000"), (1, "1.000")]
)
def test_a_score_has_three_digits_and_no_negative_zero(value, text):
    assert three(value) == text


def test_a_share_is_a_percentage():
    assert [percent(share) for share in (0, 0.12345, 1)] == ["0.0 %", "12.3 %", "100.0 %"]
