"""Processes: forks, Ctrl-C, and a server of one's own."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import hftsim
import numpy as np
import pytest

from conftest import CONFIG
from trajectory import run

WAIT_S = 120  # for what takes a moment: only what hangs takes as long


def in_child(action):
    """Runs an action in a forked child; its exit code, or None where it hangs."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            action()
            code = 0
        finally:
            os._exit(code)
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_fork(make_small):
    with make_small(seed=3) as envs:
        expected = run(envs, 10, seed=3)

        def child():
            with pytest.raises(hftsim.Error, match="fork"):
                envs.reset()
            with make_small(seed=3) as own:
                assert np.array_equal(expected, run(own, 10, seed=3))
            envs.close()  # its own copy: the parent's goes on

        def disturb(step):
            if step == 5:
                assert in_child(child) == 0

        assert np.array_equal(expected, run(envs, 10, 3, disturb))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_fork_and_the_server(server):
    with server.connect(config_text=CONFIG) as envs:
        envs.reset()

        def child():
            envs.backend.client.ping()  # over a connection of its own
            server.close()  # not the child's to stop

        assert in_child(child) == 0
        envs.reset()
    assert server.running


SCRIPT = """
    import sys, numpy as np, hftsim
    envs = hftsim.make("default", 8, endpoint=sys.argv[1:] or None)
    rng = np.random.default_rng(0)
    envs.reset()
    print("stepping", flush=True)
    try:
        while True:
            envs.step(envs.sample_actions(rng))
    except KeyboardInterrupt:
        envs.reset(seed=1)
        envs.step(envs.sample_actions(rng))
        print("went on", flush=True)
        envs.close()
"""


@pytest.mark.parametrize("servers", [[], ["server"], ["server", "second_server"]])
def test_ctrl_c_while_stepping(request, servers):
    if not servers:
        request.getfixturevalue("library")
    endpoints = [request.getfixturevalue(name).endpoint for name in servers]
    script = textwrap.dedent(SCRIPT)
    for delay in (0.05, 0.11):
        child = subprocess.Popen(
            [sys.executable, "-c", script, *endpoints], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout.readline() == "stepping\n"
        time.sleep(delay)
        child.send_signal(signal.SIGINT)
        output, _ = child.communicate(timeout=WAIT_S)
        assert output == "went on\n" and child.returncode == 0


def test_ctrl_c_while_waiting_for_nobody():
    """Long before the timeout."""
    script = """if True:
        import hftsim
        print("connecting", flush=True)
        hftsim.connect("tcp://127.0.0.1:9", timeout_s=10_000)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "connecting\n"
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=WAIT_S)
    assert "KeyboardInterrupt" in errors


def test_exit_with_everything_open(endpoint):
    script = f"import hftsim; e = hftsim.make(endpoint={endpoint!r}); r = e.reset()"
    assert subprocess.run([sys.executable, "-c", script], timeout=WAIT_S).returncode == 0


def test_launch_and_close(program):
    server = hftsim.launch(program=program, threads=1)
    socket = Path(server.endpoint.removeprefix("ipc://"))
    assert socket.exists() and socket.parent.stat().st_mode & 0o077 == 0
    with server.connect() as envs:
        envs.reset()
    server.close()
    server.close()
    assert not server.running and not socket.parent.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_launch_on_any_free_port(program):
    with hftsim.launch(program=program, endpoint="tcp://127.0.0.1:*") as server:
        assert server.endpoint.startswith("tcp://127.0.0.1:") and "*" not in server.endpoint
        with server.connect() as envs:
            envs.reset()


def test_launch_with_a_config_file(program, tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG)
    with hftsim.launch(path, program=program) as server, server.connect() as envs:
        assert envs.spec.agents == ("maker_0", "maker_1", "executor_0")


def test_server_goes_with_its_owner(program):
    script = f"import hftsim; print(hftsim.launch(program={str(program)!r}).pid); 1 / 0"
    child = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=WAIT_S
    )
    assert "ZeroDivisionError" in child.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int(child.stdout), 0)


def test_launch_that_fails(program, tmp_path):
    with pytest.raises(hftsim.Error, match=r"ended at once: .*no_such_config"):
        hftsim.launch("no_such_config", program=program)
    with pytest.raises(hftsim.Error, match="cannot start"):
        hftsim.launch(program=tmp_path / "nothing")


def test_program_is_looked_for(program, monkeypatch, tmp_path):
    monkeypatch.setenv("HFTSIM_BIN", str(program))
    with hftsim.launch() as server:
        assert server.running
    (tmp_path / "hftsim").symlink_to(program.resolve())
    monkeypatch.delenv("HFTSIM_BIN")
    monkeypatch.setenv("PATH", str(tmp_path))
    with hftsim.launch() as server:
        assert server.running
