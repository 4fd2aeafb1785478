"""A launched server ends with its owner, whatever ends that, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import hftsim
import pytest

WAIT_S = 60

LAUNCH = """
    import multiprocessing, os, signal, subprocess, sys, threading, time
    import hftsim

    def idle():
        time.sleep(600)

    server = hftsim.launch(threads=1)
    envs = server.connect()
    envs.reset()

    def tell(*children):
        print(server.pid, server.endpoint, *children, flush=True)
"""
# How a process ends, and what it leaves alive that has inherited from it.
ENDS = {
    "killed": "tell(); idle()",
    "killed in a step": "tell()\nrng = np.random.default_rng()\n"
    "while True: envs.step(envs.sample_actions(rng))",
    "terminated": "signal.signal(signal.SIGTERM, signal.SIG_DFL); tell(); idle()",
    "_exit": "tell(); os._exit(3)",
    "aborted": "tell(); os.abort()",
    "exec": "tell(os.getpid()); os.execv(sys.executable, [sys.executable, '-c', "
    "'import time; time.sleep(600)'])",
    "a forked child is left": """
        child = multiprocessing.get_context("fork").Process(target=idle)
        child.start()
        tell(child.pid)
        idle()
    """,
    "a grandchild is left": """
        ends = os.pipe()
        if os.fork() == 0:
            grandchild = os.fork()
            if grandchild == 0:
                idle()
            os.write(ends[1], str(grandchild).encode())
            os._exit(0)
        tell(os.read(ends[0], 100).decode())
        idle()
    """,
    "a program is left": """
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                                 close_fds=False)
        tell(child.pid)
        idle()
    """,
    "a thread forked": """
        told = []
        def fork():
            child = os.fork()
            if child == 0:
                idle()
            told.append(child)
        thread = threading.Thread(target=fork)
        thread.start()
        thread.join()
        tell(*told)
        idle()
    """,
    "launched by a thread that has ended": """
        def launch():
            global server
            server = hftsim.launch(threads=1)
        thread = threading.Thread(target=launch)
        thread.start()
        thread.join()
        time.sleep(1)
        server.connect().reset()
        tell()
        idle()
    """,
}


def runs(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # nobody may be there to wait for it


def awaited(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("end", ENDS)
def test_a_server_ends_with_its_owner(program, end):
    script = textwrap.dedent(LAUNCH) + "import numpy as np\n" + textwrap.dedent(ENDS[end])
    environment = {**os.environ, "HFTSIM_BIN": str(program)}
    owner = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    pid, endpoint, *children = owner.stdout.readline().split()
    socket = Path(endpoint.removeprefix("ipc://"))
    try:
        if end == "terminated":
            owner.terminate()
        elif end not in ("_exit", "aborted", "exec"):
            assert runs(pid) and socket.exists()
            owner.kill()
        assert awaited(lambda: not runs(pid))
        assert all(map(runs, children))  # they have inherited nothing that keeps it
        assert awaited(lambda: not socket.parent.exists())
    finally:
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        owner.kill()
        owner.wait()
        owner.stdout.close()


def test_what_a_killed_server_leaves_is_removed(program):
    server = hftsim.launch(program=program)
    socket = Path(server.endpoint.removeprefix("ipc://"))
    os.kill(server.pid, signal.SIGKILL)
    server._process.wait()
    assert socket.parent.exists()
    server.close()
    assert not socket.parent.exists()


def test_no_descriptor_is_kept(program):
    def count():
        return len(os.listdir("/proc/self/fd"))

    with hftsim.launch(program=program):
        pass
    before = count()
    for _ in range(3):
        with hftsim.launch(program=program):
            pass
        with pytest.raises(hftsim.Error):
            hftsim.launch("no_such_config", program=program)
        with pytest.raises(hftsim.Error):
            hftsim.launch(program="/nonesuch")
    assert count() == before
