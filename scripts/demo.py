#!/usr/bin/env python3
"""The demo behind `make demo`: a server, a learner, a scoreboard, a dataset and a page of plots.

Starts `hftsim serve` on a free loopback port, trains a market maker against it, evaluates it and
three baselines on the same held-out worlds, records ten minutes of market data, and plots the
results in one HTML file. Needs the Python client (pip install ./python[demo]).
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "python" / "examples"))

try:
    import cem_maker
    import hftsim

    from demo_page import Score, write_page
except ImportError as missing:
    sys.exit(f"demo: {missing}; install the client first: pip install './python[demo]'")

# A market that a learner can master within a minute; the default one takes longer.
MARKET = "classic"
BASELINES = ("do-nothing", "twap", "random")
CANDIDATES, WORLDS = 48, 8
DATASET_DURATION = "10m"


@dataclass
class Options:
    """The command-line options."""

    program: Path
    out: Path
    seconds: float
    episodes: int
    seed: int


def parse_options() -> Options:
    parser = argparse.ArgumentParser(description="The demo of hftsim: trains, compares and plots.")
    parser.add_argument(
        "--program", type=Path, default=REPOSITORY / "build" / "release" / "bin" / "hftsim"
    )
    parser.add_argument("--out", type=Path, default=REPOSITORY / "demo", help="output folder")
    parser.add_argument("--seconds", type=float, default=40.0, help="training time (40)")
    parser.add_argument("--episodes", type=int, default=512, help="held-out episodes (512)")
    parser.add_argument("--seed", type=int, default=cem_maker.HELD_OUT_SEED, help="seed of worlds")
    given = parser.parse_args()
    if given.seconds <= 0 or given.episodes < 2:
        parser.error("--seconds must be positive, --episodes at least 2")
    if not given.program.is_file():
        raise hftsim.Error(f"no program at {given.program}: run `make build` first")
    return Options(given.program, given.out, given.seconds, given.episodes, given.seed)


def run_program(options: Options, *arguments: str) -> str:
    """Runs a command of the program and returns its stdout. Raises ``Error`` with its stderr."""
    done = subprocess.run([options.program, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise hftsim.Error(f"hftsim {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def train(options: Options, server: hftsim.Server) -> tuple[Score, list[cem_maker.Generation]]:
    """Trains the learner and scores it on the held-out worlds."""
    with server.connect(num_envs=CANDIDATES * WORLDS) as envs:
        trainer = cem_maker.Trainer(envs, WORLDS)
        if not cem_maker.train(trainer, options.seconds):
            raise KeyboardInterrupt
        trainer.policy.save(options.out / "policy.npz")
    with server.connect(num_envs=options.episodes) as envs:
        pnl = cem_maker.evaluate(envs, trainer.policy, options.seed, options.episodes)
    low, high = cem_maker.bootstrap_interval(pnl)
    return Score("learner", float(pnl.mean()), low, high), trainer.history


def score_baseline(options: Options, strategy: str) -> Score:
    """Scores a baseline on the same worlds."""
    arguments = ["--config", MARKET, "--episodes", str(options.episodes)]
    arguments += ["--seed", str(options.seed), "--json"]
    result = json.loads(run_program(options, "baseline", "--strategy", strategy, *arguments))
    pnl = result["metrics"]["pnl"]
    return Score(strategy, pnl["mean"], pnl["ci_low"], pnl["ci_high"])


def print_scoreboard(scores: list[Score], episodes: int) -> None:
    print(f"\nP&L per episode in currency, mean of {episodes} held-out worlds, 95% confidence")
    for place, score in enumerate(scores, start=1):
        interval = f"{score.low:10.2f} .. {score.high:.2f}"
        print(f"  {place}. {score.name:<12} {score.mean:10.2f}   {interval}")


def tell(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr, flush=True)


def run(options: Options) -> None:
    began = time.monotonic()
    options.out.mkdir(parents=True, exist_ok=True)
    with hftsim.launch(MARKET, program=options.program, endpoint="tcp://127.0.0.1:*") as server:
        tell(f"serving on {server.endpoint}; training a market maker for {options.seconds:g} s")
        learner, history = train(options, server)
    tell("scoring the baselines on the same worlds")
    scores = [learner, *(score_baseline(options, name) for name in BASELINES)]
    scores.sort(key=lambda score: score.mean, reverse=True)
    tell(f"recording {DATASET_DURATION} of market data")
    dataset = options.out / "market.h5"
    arguments = ["--config", MARKET, "--duration", DATASET_DURATION, "--force"]
    run_program(options, "gen", "--out", str(dataset), *arguments)
    page = options.out / "index.html"
    write_page(page, history, scores, options.episodes, dataset)
    print_scoreboard(scores, options.episodes)
    print(f"\nwrote in {time.monotonic() - began:.0f} s:")
    for path in (page, dataset, options.out / "policy.npz"):
        print(f"  {path}")


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, interrupt)  # stop the server then, too
    try:
        run(parse_options())
    except KeyboardInterrupt:
        tell("interrupted; the server is stopped")
        return 130
    except (hftsim.Error, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
