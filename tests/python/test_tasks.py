"""Leaderboard tasks: `hftsim tasks run` gives the scores that a client gets in the same worlds, if
the same controllers hold the seats, or if it acts alike itself."""

import json
import subprocess
import sys

import hftsim
import numpy as np
import pytest

yaml = pytest.importorskip("yaml", reason="needs PyYAML")

from conftest import REPOSITORY  # noqa: E402

sys.path.insert(0, str(REPOSITORY / "claims" / "tasks"))

import play  # noqa: E402
from policies import TAKER, nothing  # noqa: E402

EPISODES = 6
FOLDER = REPOSITORY / "configs" / "tasks"
FILES = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yaml"))}
UNIT = {"maker": "quote_qty", "executor": "parent_qty", "taker": "order_qty"}


def run_task(program, task, strategy, *options):
    command = [program, "tasks", "run", task, "--strategy", strategy, "--json",
               "--episodes", str(EPISODES), *options]  # fmt: skip
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=300)
    return json.loads(done.stdout)


def seats_of(task):
    """The items of the preset's list `seats`, as its file has them."""
    preset = FILES[task]["task"]["preset"]
    return yaml.safe_load((REPOSITORY / "configs" / f"{preset}.yaml").read_text())["seats"]


def opponents_of(task):
    """Overrides that give the external seats of other roles to the task's opponents."""
    by_role = {item["kind"]: item for item in FILES[task].get("opponents", [])}
    found = {}
    for i, item in enumerate(seats_of(task)):
        if item["kind"] in by_role and "controller" not in item:
            found[f"seats.{i}.controller"] = by_role[item["kind"]]["controller"]
            found[f"seats.{i}.params"] = by_role[item["kind"]]["params"]
    return found


def scored_items(task):
    role = FILES[task]["task"]["role"]
    return [i for i, item in enumerate(seats_of(task))
            if item["kind"] == role and "controller" not in item]  # fmt: skip


def rows_of(task, items):
    """The rows that the seats of these items have in the arrays of the role's strategies."""
    role, rows, at = FILES[task]["task"]["role"], [], 0
    for i, item in enumerate(seats_of(task)):
        if item["kind"] == role:
            rows += range(at, at + item.get("count", 1)) if i in items else []
            at += item.get("count", 1)
    return rows


def seat_results(task, strategy, params=None):
    """Returns and metrics of the scored seats where `controller` gives them to a strategy."""
    what, items = FILES[task]["task"], scored_items(task)
    overrides = opponents_of(task)
    for i in items:
        overrides[f"seats.{i}.controller"] = strategy
        overrides[f"seats.{i}.params"] = params or {}
    role = what["role"]
    with hftsim.make(what["preset"], EPISODES, overrides=overrides, autoreset="manual") as pool:
        results = pool.reset(seed=list(play.test_seeds(EPISODES)))
        terms, finals = 0, {}
        while len(finals) < EPISODES:
            results = pool.step({})
            terms = terms + results.strategy_terms[role].astype(np.float64)
            for k, env in enumerate(results.finals.envs):
                of = results.finals
                finals[env] = of.strategy_returns[role][k], of.strategy_totals[role][k]
        config = yaml.safe_load(pool.spec.config)
        names = [array.name for array in pool.spec.finals]
        assert f"strategy_total/{role}" in names
    rows = rows_of(task, items)
    returns = np.stack([finals[env][0] for env in range(EPISODES)])[:, rows].astype(np.float64)
    totals = np.stack([finals[env][1] for env in range(EPISODES)])[:, rows].astype(np.float64)
    size = config["seats"][items[0]].get(UNIT.get(role), 1)
    # The order of terms and totals: docs/environment.md.
    pnl, shortfall, baseline = totals[..., 0], totals[..., 1], totals[..., 8]
    charge = terms[:, rows, 1] + terms[:, rows, 2]
    if what["metric"] == "shortfall_per_lot":
        score = -shortfall / size
    elif what["metric"] == "pnl_beyond_holding":
        score = pnl + baseline
    else:
        score = pnl + charge * (size if config["reward_config"]["per_lot"] else 1)
    return returns.mean(1), score.mean(1)


HELD = [
    ("execution", "twap"), ("execution", "vwap"), ("execution", "do-nothing"),
    ("market_making", "random"), ("market_making", "avellaneda-stoikov"),
    ("market_making", "do-nothing"), ("taking", "momentum"), ("many_makers", "random"),
    ("mm_vs_execution_executor", "twap"), ("avellaneda_stoikov", "do-nothing"),
    ("portfolio", "momentum"),
]  # fmt: skip


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(("task", "strategy"), HELD)
def test_a_strategy_is_scored_as_the_controller_of_a_seat(program, task, strategy):
    told = run_task(program, task, strategy)
    assert told["seeds"] == list(play.test_seeds(EPISODES))
    rewards, scores = seat_results(task, strategy)
    assert told["rewards"] == pytest.approx(rewards, rel=1e-12, abs=1e-12)
    assert told["scores"] == pytest.approx(scores, rel=1e-12, abs=1e-9)
    assert told["score"] == pytest.approx(scores.mean(), rel=1e-12, abs=1e-9)
    assert told["ci_low"] <= told["score"] <= told["ci_high"]


def play_task(task, act):
    """Episodes in which Python drives the scored seats: claims/tasks/play.py, which computes the
    metric from what a client sees."""
    what = FILES[task]["task"]
    alone = {"panel": None}
    table_task = play.Task(what["preset"], what["role"], others={}, **alone)
    with play.Table(table_task, EPISODES, opponents_of(task)) as table:
        played = table.play(act, list(play.test_seeds(EPISODES)))
        if what["role"] != "portfolio":
            return played.reward, played.metric
        still = table.play(nothing, list(play.test_seeds(EPISODES)))
        return played.reward, played.metric - still.metric


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("task", FILES)
def test_doing_nothing_from_python_scores_the_same(program, task):
    told = run_task(program, task, "do-nothing")
    if task == "avellaneda_stoikov":  # its seat cannot withdraw: it always quotes
        assert told["scores"] == [0] * EPISODES
        return
    rewards, scores = play_task(task, nothing)
    assert told["rewards"] == pytest.approx(rewards, rel=1e-5, abs=1e-6)  # it adds in double
    assert told["scores"] == pytest.approx(scores, rel=1e-9, abs=1e-9)
    if FILES[task]["task"]["role"] != "executor":
        assert told["scores"] == told["rewards"] == [0] * EPISODES


@pytest.mark.usefixtures("library")
def test_a_rule_in_python_scores_as_the_same_rule_in_the_program(program):
    """The policy `bayes` and the rule of claims/tasks/policies.py act alike."""
    told = run_task(program, "taking", "bayes")
    parameters = np.array([8.0, 1.0, 9.0, 0.5, 4.0])  # band, per_tick, cap, past, past_s / 5 s
    rewards, scores = play_task("taking", lambda moment: TAKER[1](moment, parameters))
    assert abs(np.array(told["scores"])).min() > 1  # it trades
    assert told["scores"] == pytest.approx(scores, rel=1e-9)
    assert told["rewards"] == pytest.approx(rewards, rel=1e-5)
