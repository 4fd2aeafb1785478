"""What a server must outlive: clients that are killed, its own death, and load without an end.

    python tests/python/soak.py kills --count 2000
    python tests/python/soak.py restarts --count 50
    python tests/python/soak.py load --seconds 3600

Each starts a server of its own, prints what it counted as JSON, and exits with 1 where something is
lost or left over. test_soak.py runs the same for a moment. HFTSIM_BIN names the program.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import hftsim
import numpy as np
from trajectory import run

CONFIG = """
market_config: {decision_ms: 200}
env_config: {warmup_s: 2, episode_len: 25}
seats: [{kind: maker, count: 2}, {kind: executor, parent_qty: 50}]
"""
STEPS = 30  # of a trajectory that is compared
WAIT_S = 120.0  # until what must come is given up
SAMPLE_S = 1.0
IDLE = "10s"  # more than the good client ever pauses, whatever the machine does
RSS_LEFT = 32 << 20  # bytes that a server may have more than before its sessions
HELD = ("hftsim_sessions", "hftsim_envs", "hftsim_memory_bytes")


# ---- a server and what it holds ------------------------------------------------------------------
def launch(program: Path | None, *arguments: str, endpoint: str | None = None) -> hftsim.Server:
    more = ["--http", "127.0.0.1:0", "--log", "json", *arguments]
    return hftsim.launch(program=program, endpoint=endpoint, arguments=more)


def metrics(server: hftsim.Server) -> dict[str, float]:
    lines = [json.loads(line) for line in server.log().splitlines()]
    url = next(line["url"] for line in lines if line["event"] == "http")
    with urllib.request.urlopen(url + "/metrics", timeout=WAIT_S) as reply:
        text = reply.read().decode()
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def rss_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def wait_until_empty(server: hftsim.Server) -> dict[str, float]:
    """What the server still holds once nothing changes for the better: zeros."""
    deadline = time.monotonic() + WAIT_S
    while True:
        held = {name: metrics(server)[name] for name in HELD}
        if not any(held.values()) or time.monotonic() > deadline:
            return held
        time.sleep(0.1)


def connect(endpoint: str, num_envs: int, seed: int, **options: float) -> hftsim.Pool:
    return hftsim.connect(endpoint, config_text=CONFIG, num_envs=num_envs, seed=seed, **options)


# ---- clients that are killed ---------------------------------------------------------------------
def play_on(endpoint: str, seed: int) -> None:
    """Uses all that there is, until it is killed."""
    rng = np.random.default_rng(seed)
    while True:
        envs = connect(endpoint, int(rng.integers(1, 9)), seed)
        envs.reset(seed=seed)
        count = envs.num_envs
        for _ in range(int(rng.integers(1, 60))):
            envs.step(envs.sample_actions(rng))
            save = envs.save(int(rng.integers(count)))
            envs.load(int(rng.integers(count)), save)
            some = np.arange(int(rng.integers(1, count + 1)), dtype=np.int32)
            envs.send({role: rows[some] for role, rows in envs.sample_actions(rng).items()}, some)
            envs.recv(least=len(some))
            if rng.random() < 0.5:
                envs.drop(save)
        if rng.random() < 0.5:
            envs.close()


def fork_client(endpoint: str, seed: int) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            play_on(endpoint, seed)
        finally:
            os._exit(1)  # it was refused, or what it uses is broken
    return pid


def kill_clients(program: Path | None, count: int, seed: int, at_once: int = 2) -> dict[str, float]:
    """Kills clients at random points, beside one that must not notice."""
    rng = random.Random(seed)
    with launch(program, "--idle-timeout", IDLE, "--sessions-max", "4096") as server:
        # The good one asks again and again, so that it is not idle.
        good = connect(server.endpoint, 3, seed)
        quiet, same, plays, ended = run(good, STEPS, seed), True, 0, 0
        rss_before = rss_bytes(server.pid)
        for first in range(0, count, at_once):
            pids = [fork_client(server.endpoint, seed + first + i) for i in range(at_once)]
            time.sleep(rng.uniform(0.0, 0.2))
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                _, status = os.waitpid(pid, 0)
                ended += not os.WIFSIGNALED(status)
            same = same and np.array_equal(run(good, STEPS, seed), quiet)
            plays += 1
        good.close()
        held = wait_until_empty(server)
        return {
            "killed": len(range(0, count, at_once)) * at_once,
            "ended_by_themselves": ended,
            "trajectories": plays,
            "same": same,
            "requests": sum(v for k, v in metrics(server).items() if "seconds_count" in k),
            "rss_before": rss_before,
            "rss_after": rss_bytes(server.pid),
            **held,
        }


# ---- a server that is killed ---------------------------------------------------------------------
class Survivor(threading.Thread):
    """A client that steps on, and makes a new session whenever its server was lost."""

    def __init__(self, endpoint: str, seed: int, expected: np.ndarray) -> None:
        super().__init__(daemon=True)
        self.endpoint, self.seed, self.expected = endpoint, seed, expected
        self.stopping = threading.Event()
        self.errors: list[str] = []
        self.sessions = self.whole = self.wrong = 0
        self.longest_s = 0.0

    def run(self) -> None:
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                self.play()
            except (hftsim.ServerUnavailable, hftsim.ServerError) as error:
                self.errors.append(f"{type(error).__name__}: {error}")
            self.longest_s = max(self.longest_s, time.monotonic() - began)

    def play(self) -> None:
        with connect(self.endpoint, 2, self.seed, timeout_s=2.0, retries=3) as envs:
            self.sessions += 1
            rows = run(envs, STEPS, self.seed)
            self.whole += 1
            self.wrong += not np.array_equal(rows, self.expected)


def expected_error(text: str) -> bool:
    """An error that tells what happened: nobody answers, or a new server knows no such session."""
    return "reset() opens a new one" in text or "no reply to" in text


def kill_servers(
    program: Path | None, count: int, seed: int, folder: Path, clients: int = 3
) -> dict[str, float]:
    """Kills a server again and again, with another one at the same place, while clients step."""
    rng = random.Random(seed)
    endpoint = f"ipc://{folder}/restarts"
    with launch(program) as reference, connect(reference.endpoint, 2, seed) as envs:
        expected = run(envs, STEPS, seed)
    server = launch(program, endpoint=endpoint)
    survivors = [Survivor(endpoint, seed, expected) for _ in range(clients)]
    for survivor in survivors:
        survivor.start()
    try:
        for _ in range(count):
            time.sleep(rng.uniform(0.05, 0.5))
            os.kill(server.pid, signal.SIGKILL)
            server.close()
            server = launch(program, endpoint=endpoint)
        wait_for_whole(survivors)
    finally:
        for survivor in survivors:
            survivor.stopping.set()
        for survivor in survivors:
            survivor.join(WAIT_S)
        server.close()
    errors = [error for survivor in survivors for error in survivor.errors]
    return {
        "killed": count,
        "clients": clients,
        "hung": sum(survivor.is_alive() for survivor in survivors),
        "sessions": sum(survivor.sessions for survivor in survivors),
        "trajectories": sum(survivor.whole for survivor in survivors),
        "wrong": sum(survivor.wrong for survivor in survivors),
        "errors": len(errors),
        "unclear_errors": sum(not expected_error(error) for error in errors),
        "longest_s": round(max(survivor.longest_s for survivor in survivors), 1),
    }


def wait_for_whole(survivors: list[Survivor]) -> None:
    """Until each client has played a whole trajectory on the last server."""
    before = [survivor.whole for survivor in survivors]
    deadline = time.monotonic() + WAIT_S
    while any(s.whole < b + 2 for s, b in zip(survivors, before, strict=True)):
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)


# ---- load ----------------------------------------------------------------------------------------
def load_on(endpoint: str, num_envs: int, seed: int, end: float) -> None:
    """Steps at full speed until the end, with a new session now and then."""
    rng = np.random.default_rng(seed)
    actions = None
    while time.monotonic() < end:
        with connect(endpoint, num_envs, seed, timeout_s=WAIT_S, retries=0) as envs:
            envs.reset(seed=seed)
            actions = envs.sample_actions(rng) if actions is None else actions
            saves = [envs.save(env % num_envs) for env in range(8)]
            for _ in range(2000):
                envs.step(actions)
                if time.monotonic() >= end:
                    break
            for save in saves[::2]:
                envs.drop(save)


def load(
    program: Path | None, seconds: float, clients: int, num_envs: int, threads: int
) -> dict[str, float]:
    """Full load for a while; the server's memory, sampled."""
    samples: list[int] = []
    with launch(program, "--threads", str(threads)) as server:
        end = time.monotonic() + seconds
        pids = []
        for client in range(clients):
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    load_on(server.endpoint, num_envs, client, end)
                    code = 0
                finally:
                    os._exit(code)
            pids.append(pid)
        while (left := end - time.monotonic()) > 0:
            samples.append(rss_bytes(server.pid))
            time.sleep(min(SAMPLE_S, left))
        failed = sum(os.waitpid(pid, 0)[1] != 0 for pid in pids)
        counted = metrics(server)
        held = wait_until_empty(server)
        tenth = max(len(samples) // 10, 1)
        early, late = statistics.median(samples[tenth:][:tenth] or samples), samples[-tenth:]
        return {
            "seconds": seconds,
            "clients": clients,
            "envs": clients * num_envs,
            "threads": threads,
            "failed_clients": failed,
            "steps": counted["hftsim_env_steps_total"],
            "requests": sum(v for k, v in counted.items() if "seconds_count" in k),
            "sessions_made": counted['hftsim_request_seconds_count{kind="make"}'],
            "refused": sum(v for k, v in counted.items() if "errors_total" in k),
            "samples": len(samples),
            "rss_early": int(early),
            "rss_late": int(statistics.median(late)),
            "rss_max": max(samples),
            "rss_growth": statistics.median(late) / early - 1,
            **held,
        }


# ---- the command ---------------------------------------------------------------------------------
def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["kills", "restarts", "load"])
    parser.add_argument("--count", type=int, default=100, help="clients or servers to kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="of load")
    parser.add_argument("--clients", type=int, default=2, help="of load")
    parser.add_argument("--envs", type=int, default=64, help="of each client of load")
    parser.add_argument("--threads", type=int, default=2, help="of the server under load")
    return parser.parse_args()


def main() -> int:
    options = parse()
    if options.what == "kills":
        shown = kill_clients(None, options.count, options.seed)
        good = shown["same"] and not shown["ended_by_themselves"]
        good = good and not any(shown[name] for name in HELD)
        good = good and shown["rss_after"] - shown["rss_before"] < RSS_LEFT
    elif options.what == "restarts":
        with tempfile.TemporaryDirectory() as folder:
            shown = kill_servers(None, options.count, options.seed, Path(folder))
        good = not (shown["hung"] or shown["wrong"] or shown["unclear_errors"])
    else:
        shown = load(None, options.seconds, options.clients, options.envs, options.threads)
        good = not shown["failed_clients"] and shown["rss_growth"] < 0.02
        good = good and not any(shown[name] for name in HELD)
    print(json.dumps({"soak": options.what, "passed": bool(good), **shown}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
