import pytest

from fer_cluster.processor import cores


@pytest.mark.parametrize("told, used", [("0", 1), ("1", 1), ("3", 3)])
def test_at_least_one_core_is_used(told, used, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert cores() == used
