"""Numbers that callers give: NumPy's are as good as Python's, the same here and on a server."""

from fractions import Fraction

import hftsim
import numpy as np
import pytest

from conftest import EPISODE_LEN

VOLATILITY = "market_config.volatility"
LENGTH = "env_config.episode_len"
FLAG = "env_config.see_actions"
RATES = "populations.noise.cancel_rates"


@pytest.mark.parametrize(
    ("path", "given", "meant"),
    [(LENGTH, kind(5), 5) for kind in (np.int8, np.uint64, np.array, np.int64)]
    + [(VOLATILITY, kind(0.25), 0.25) for kind in (np.float16, np.float32, np.float64, np.array)]
    + [(VOLATILITY, np.float32(0.03), 0.029999999329447746), (VOLATILITY, np.str_("0.5"), 0.5)]
    + [(FLAG, np.bool_(True), True), (FLAG, np.array(False), False)]
    + [
        (RATES, rates, [0.125, 0.25])
        for rates in (
            np.array([0.125, 0.25]),
            np.array([0.125, 0.25], np.float32),
            [np.float64(0.125), 0.25],
            (0.125, np.float32(0.25)),
        )
    ],
)
def test_overrides(endpoint, path, given, meant):
    specs = []
    for value in (given, meant):
        with hftsim.make(
            "market_making", endpoint=endpoint, overrides={path: value}, seed=0
        ) as envs:
            specs.append(envs.spec)
    assert specs[0] == specs[1]


@pytest.mark.parametrize(
    "wrong",
    [{}, None, b"1", 1j, Fraction(1, 2), float("nan"), np.float32("inf"), [0.1, float("nan")],
     np.array([1j]), np.array([None]), object(), {1, 2}],
)  # fmt: skip
def test_overrides_that_are_no_values(endpoint, wrong):
    with pytest.raises(TypeError, match=r"override of market_config\.volatility"):
        hftsim.make(endpoint=endpoint, overrides={VOLATILITY: wrong})


SEATS = """
seats:
  - {kind: maker}
  - {kind: executor, controller: vwap, params: {slices: 4}}
"""


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"seats.executor.params": {"slices": np.int64(7), "profile": [1, np.float32(2.5)]}},
         {"seats.executor.params": "{slices: 7, profile: [1, 2.5]}"}),
        ({"seats.executor.params": {}}, {"seats.executor.params": "{}"}),
        ({"seats.1.params": {"style": "aggressive"}},
         {"seats.executor.params": "{style: aggressive}"}),
        ({"seats.executor.params.slices": 4, "seats.executor.params.profile": [2, 1]},
         {"seats.executor.params": "{profile: [2, 1], slices: 4}"}),
    ],
)  # fmt: skip
def test_overrides_of_params(endpoint, given, meant):
    specs = []
    for overrides in (given, meant):
        with hftsim.make(
            config_text=SEATS, endpoint=endpoint, overrides=overrides, seed=0
        ) as envs:
            specs.append(envs.spec)
    assert specs[0] == specs[1]


@pytest.mark.parametrize("wrong", [{"slices": {}}, {1: 2}, {"slices": None}])
def test_overrides_that_are_no_params(endpoint, wrong):
    overrides = {"seats.executor.params": wrong}
    with pytest.raises(TypeError, match=r"override of seats\.executor\.params"):
        hftsim.make(config_text=SEATS, endpoint=endpoint, overrides=overrides)


def test_overrides_without_a_path(endpoint):
    with pytest.raises(TypeError, match="path"):
        hftsim.make(endpoint=endpoint, overrides={1: 1})


@pytest.mark.parametrize("value", [2**64, 2**64 - 1, -(2**63) - 1, 10**30, 0, -1])
@pytest.mark.parametrize("path", [LENGTH, RATES])
def test_numbers_out_of_bounds_are_refused_alike(server, library, path, value):
    errors = []
    for endpoint in (None, server.endpoint):
        with pytest.raises(hftsim.RequestError) as caught:
            hftsim.make("market_making", endpoint=endpoint, overrides={path: value})
        errors.append((caught.value.code, caught.value.message, caught.value.where))
    assert errors[0] == errors[1] and errors[0][0] == "config"


@pytest.mark.parametrize("wrong", [2.7, 2.0, "3", np.float32(2), None, [2], np.array([2, 3])])
@pytest.mark.parametrize("name", ["num_envs", "threads"])
def test_fractions_are_no_counts(library, name, wrong):
    if name == "threads" and wrong is None:
        pytest.skip("one per core")
    with pytest.raises(ValueError, match=f"{name} must be an integer"):
        hftsim.make("market_making", **{name: wrong})


@pytest.mark.parametrize("count", [0, -1, 2**31, 2**64, -(2**64)])
def test_counts_out_of_bounds_are_the_same_error_everywhere(make_small, count):
    with pytest.raises((hftsim.RequestError, ValueError)) as caught:
        make_small(num_envs=count)
    if isinstance(caught.value, hftsim.RequestError):
        assert (caught.value.code, caught.value.where) == ("bad_argument", "num_envs")
    else:  # more servers than envs
        assert "cannot be shared out" in str(caught.value)


def test_numpys_integers_count(make_small):
    with make_small(num_envs=np.int64(2), seed=np.uint64(3)) as envs:
        assert envs.num_envs == 2 and envs.spec.seed == 3
        envs.reset(seed=np.uint64(2**64 - 1), envs=np.array([1]))
        envs.reset()
        save = envs.save(np.int64(1))
        envs.load(np.uint8(1), np.int64(save))
        assert envs.render(np.int32(1), np.int16(3)) == envs.render(1, 3)
        envs.send(envs.sample_actions(np.random.default_rng(0)), np.arange(2))
        received, _ = envs.recv(np.int64(2), np.int8(2))
        assert sorted(received) == [0, 1]
        envs.drop(np.int64(save))
        for wrong in (lambda: envs.save(0.5), lambda: envs.load(0, 1.5), lambda: envs.drop("1"),
                      lambda: envs.render(0, 2.5), lambda: envs.recv(1.0)):  # fmt: skip
            with pytest.raises(ValueError, match="integer|indices"):
                wrong()
        for wrong in (lambda: envs.load(0, -1), lambda: envs.drop(2**64),
                      lambda: envs.render(0, -1)):  # fmt: skip
            with pytest.raises(hftsim.RequestError):
                wrong()


def test_adapters_take_numpys_seeds(endpoint, config_file):
    options = {"endpoint": endpoint, "seats": "executor", "others": lambda results: {"maker": 0}}
    alone = hftsim.Env(config_file, **options, seed=np.int64(4))
    rows = hftsim.VectorEnv(config_file, np.int64(2), **options, seed=4)
    assert np.array_equal(alone.reset()[0], rows.reset()[0][0])
    assert np.array_equal(alone.reset(seed=np.int32(7))[0], rows.reset(seed=np.uint8(7))[0][0])
    assert alone.pool.spec.episode_len == EPISODE_LEN
    for made in (alone, rows):
        for wrong in (1.5, "1"):
            with pytest.raises(ValueError, match="seed must be an integer"):
                made.reset(seed=wrong)
        made.close()
