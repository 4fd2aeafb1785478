"""How long a step takes in this process, with and without copies, and on a server over ipc.

    python python/examples/compare_speed.py --config market_making --envs 1 64 1024

Each takes its step in turn, so that all see the same disturbance; printed are medians. Beside them
stands the part of the rate in this process that a server reaches: with this client, and with one in
C (`hftsim bench server`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time

import hftsim
import numpy as np


def medians(endpoint: str, config: str, num_envs: int, seconds: float) -> dict[str, float]:
    """Microseconds a step, by where the envs are."""
    envs = {
        "here": hftsim.make(config, num_envs),
        "here, copy=False": hftsim.make(config, num_envs, copy=False),
        "ipc": hftsim.make(config, num_envs, endpoint=endpoint),
    }
    actions = envs["here"].sample_actions(np.random.default_rng(0))
    for made in envs.values():
        made.reset(seed=1)
    took: dict[str, list[float]] = {name: [] for name in envs}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or not took["ipc"]:
        for name, made in envs.items():
            begin = time.perf_counter()
            made.step(actions)
            took[name].append(1e6 * (time.perf_counter() - begin))
    for made in envs.values():
        made.close()
    return {name: float(np.median(times)) for name, times in took.items()}


def share_in_c(config: str, num_envs: int, seconds: float) -> float:
    """The part of a pool's rate that the server reaches with a client in C."""
    command = [str(hftsim.installed.find_program()), "bench", "server", "--json"]
    command += ["--config", config, "--seats", "0", "--msgs-per-step", "0"]
    command += ["--envs", str(num_envs), "--seconds", str(seconds)]
    shown = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(json.loads(shown)["share"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="market_making", help="preset or YAML file")
    parser.add_argument("--envs", type=int, nargs="+", default=[1, 64, 1024])
    parser.add_argument("--seconds", type=float, default=5.0, help="for each number of envs")
    options = parser.parse_args()
    with hftsim.launch() as server:
        for num_envs in options.envs:
            times = medians(server.endpoint, options.config, num_envs, options.seconds)
            texts = [
                f"{name} {time:.1f} us ({time / times['here']:.2f})" for name, time in times.items()
            ]
            print(f"{num_envs} envs: {', '.join(texts)}", flush=True)
            share = times["here, copy=False"] / times["ipc"]
            in_c = share_in_c(options.config, num_envs, options.seconds)
            print(
                f"    over ipc {share:.0%} of the rate here, with a client in C {in_c:.0%}: "
                f"{share / in_c:.2f} times its rate",
                flush=True,
            )


if __name__ == "__main__":
    main()
