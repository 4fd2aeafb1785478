"""Pools that nobody closed give their sessions back, whoever collects them, and whenever."""

import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import hftsim
import numpy as np
import pytest

from conftest import CONFIG

WAIT_S = 120
OTHERS = {"seats": "executor", "others": lambda results: {"maker": 0}}


@pytest.fixture
def small(program):
    """A server with room for one session."""
    arguments = ["--sessions-max", "1", "--log", "json"]
    with hftsim.launch(program=program, arguments=arguments, threads=1) as server:
        yield server


def events(server, kind):
    return [e for e in map(json.loads, server.log().splitlines()) if e["event"] == kind]


def closed(server, count):
    """Waits until so many sessions were closed: by their clients, not with their connections."""
    deadline = time.monotonic() + WAIT_S
    while len(events(server, "session_closed")) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not events(server, "session_abandoned") and not events(server, "session_expired")
    return len(events(server, "session_closed"))


def make_pool(**options):
    return hftsim.make(config_text=CONFIG, **options)


def make_env(**options):
    return hftsim.Env(config_text=CONFIG, **options, **OTHERS)


def make_vector(**options):
    return hftsim.VectorEnv(config_text=CONFIG, **options, **OTHERS)


def make_parallel(**options):
    return hftsim.ParallelEnv(config_text=CONFIG, **options)


def make_sb3(**options):
    pytest.importorskip("stable_baselines3")
    return hftsim.sb3.VecEnv(config_text=CONFIG, **options, **OTHERS)


@pytest.mark.parametrize("make", [make_pool, make_env, make_vector, make_parallel, make_sb3])
@pytest.mark.parametrize("how", ["dropped", "in a cycle", "by another thread"])
def test_collected(small, make, how):
    """One after the other, though there is room for one alone."""
    for _ in range(10):
        env = make(endpoint=small.endpoint)
        env.reset()
        held = [env]
        if how == "in a cycle":
            held.append(held)
        del env
        if how == "by another thread":
            thread = threading.Thread(target=held.clear)
            thread.start()
            thread.join()
        del held
        gc.collect()
    assert closed(small, 10) == 10


def test_results_may_outlive_their_pool(small):
    results = make_pool(endpoint=small.endpoint).reset()
    before = results.obs["maker"].copy()
    make_pool(endpoint=small.endpoint).reset()
    assert np.array_equal(results.obs["maker"], before)


def test_copies_give_back_their_own(server, program):
    with hftsim.launch(program=program, arguments=["--log", "json"]) as own:
        endpoints = [own.endpoint, server.endpoint]
        pool = make_pool(endpoint=endpoints, num_envs=4)
        pool.reset()
        import copy

        copied = copy.deepcopy(pool)
        del copied
        gc.collect()
        assert closed(own, 1) == 1
        pool.reset()
        del pool
        gc.collect()
        assert closed(own, 2) == 2


def test_a_closed_pool_gives_back_once(small):
    pool = make_pool(endpoint=small.endpoint)
    pool.close()
    pool.close()
    del pool
    gc.collect()
    make_pool(endpoint=small.endpoint).close()
    assert closed(small, 2) == 2
    assert not events(small, "request_refused")


def test_connections_go_too(small):
    def count():
        return len(os.listdir("/proc/self/fd"))

    make_pool(endpoint=small.endpoint).reset()
    make_pool(endpoint=small.endpoint).close()
    before = count()
    for _ in range(20):
        make_pool(endpoint=small.endpoint).reset()
    make_pool(endpoint=small.endpoint).close()
    deadline = time.monotonic() + WAIT_S
    while count() > before and time.monotonic() < deadline:
        time.sleep(0.05)  # ZeroMQ closes them in a thread of its own
    assert count() <= before


SETUP = """
    import gc, os, sys, threading, time
    import hftsim
    def make(**options):
        env = hftsim.make(endpoint=sys.argv[1], num_envs=2, **options)
        env.reset()
        return env
"""
EXITS = {
    "at the end": "env = make()",
    "in a global cycle": "env = [make()]; env.append(env)",
    "sys.exit": "env = make(); sys.exit(0)",
    "after an error": "env = make(); 1 / 0",
    "with a thread": "env = make(); threading.Thread(target=time.sleep, args=(0.3,)).start()",
    "after a Ctrl-C": """
        env = make()
        os.kill(os.getpid(), 2)
        time.sleep(9)
    """,
    "a child too": """
        env = make()
        pid = os.fork()
        if pid == 0:
            del env
            gc.collect()
            sys.exit(0)
        os.waitpid(pid, 0)
        env.reset()  # the child has not ended the session
    """,
    "in use by a daemon": """
        env = make()
        def step():
            import numpy as np
            actions = env.sample_actions(np.random.default_rng(0))
            while True:
                env.step(actions)
        threading.Thread(target=step, daemon=True).start()
        time.sleep(0.3)
    """,
    "after the context has ended": """
        env = make()
        import zmq
        zmq.Context.instance().destroy(linger=0)
    """,
    "dropped at the end": "make(); gc.collect()",
}


@pytest.mark.parametrize("exit_", EXITS)
def test_at_the_interpreters_end(small, exit_):
    script = textwrap.dedent(SETUP) + textwrap.dedent(EXITS[exit_])
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, small.endpoint],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )
    assert time.monotonic() - began < WAIT_S
    assert "zmq" not in done.stderr and "Exception ignored" not in done.stderr, done.stderr
    expected = {"after an error": 1, "after a Ctrl-C": -signal.SIGINT}
    assert done.returncode == expected.get(exit_, 0), done.stderr
    if "daemon" not in exit_ and "context" not in exit_:  # their sessions end with the connection
        assert closed(small, 1) == 1


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_leaves_its_parents_alone(small):
    """Collected or closed, with a copy of what the parent has dropped but not seen the end of."""
    env = make_pool(endpoint=small.endpoint)
    env.reset()
    for action in (lambda: None, env.close):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                action()
                del action, env
                gc.collect()
                hftsim.leaving._leave_all()  # as at the child's end
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        env.step(env.sample_actions(np.random.default_rng(0)))
    assert not events(small, "session_closed")
    env.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_forked_while_another_thread_waits_uses_the_client(server):
    client = hftsim.Client(server.endpoint)
    with client._in_use:  # as a thread does that waits for a reply
        pid = os.fork()
        if pid == 0:
            signal.alarm(WAIT_S)
            client.ping()
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    client.close()


def test_collected_while_its_server_is_gone(program):
    server = hftsim.launch(program=program)
    env = make_pool(endpoint=server.endpoint)
    env.reset()
    os.kill(server.pid, signal.SIGKILL)
    server.close()
    began = time.monotonic()
    del env
    gc.collect()
    assert time.monotonic() - began < WAIT_S
    with hftsim.launch(program=program) as other:
        make_pool(endpoint=other.endpoint).reset()


def test_many_threads_drop_and_make(program):
    """While garbage is collected by any of them, as often as can be."""
    with hftsim.launch(program=program, threads=1, arguments=["--sessions-max", "64"]) as server:
        errors = []

        def work(seed):
            rng = np.random.default_rng(seed)
            try:
                for _ in range(15):
                    env = make_pool(endpoint=server.endpoint, timeout_s=60.0)
                    env.reset()
                    env.step(env.sample_actions(rng))
                    cycle = [env]
                    cycle.append(cycle)
                    del env, cycle
            except Exception as error:
                errors.append(error)

        threshold = gc.get_threshold()
        gc.set_threshold(20, 2, 2)
        try:
            threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            gc.set_threshold(*threshold)
        gc.collect()
        assert not errors
