"""Encrypted connections: who is admitted, who is not, and what both are told."""

import re
import shutil
import signal
import subprocess
import time

import hftsim
import numpy as np
import pytest

from conftest import CONFIG
from trajectory import run

WAIT_S = 120
STEPS = 20


class EncryptedServer:
    """``hftsim serve --curve-keys`` with a client `alice` who is admitted."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.clients = folder / "keys" / "clients"
        self.clients.mkdir(parents=True)
        self.keygen("keys/server.key")
        for name in ("alice", "bob"):
            self.keygen(f"{name}.key")
        self.admit("alice")
        self.log = folder / "log"
        with self.log.open("wb") as stderr:
            command = [program, "serve", "--bind", "tcp://127.0.0.1:*", "--curve-keys"]
            self.process = subprocess.Popen([*command, folder / "keys"], stderr=stderr)
        self.endpoint = self.logged(r"serving on (\S+) encrypted")[1]

    def keygen(self, name):
        command = [self.program, "keygen", "--out", self.folder / name]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def admit(self, name):
        shutil.copy(self.folder / f"{name}.key", self.clients)

    def hang_up(self, words):
        """Has the keys read again; waits until the log has the words once more than before."""
        count = len(re.findall(words, self.log.read_text()))
        self.process.send_signal(signal.SIGHUP)
        self.logged(f"(?s)(?:{words}.*){{{count + 1}}}")

    def logged(self, words):
        deadline = time.monotonic() + WAIT_S
        while not (found := re.search(words, self.log.read_text())):
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)
        return found

    def options(self, name="alice"):
        return {
            "server_key": self.folder / "keys" / "server.key",
            "keys": self.folder / f"{name}.key_secret",
        }

    def connect(self, name="alice", **options):
        options = {"timeout_s": 10.0, **self.options(name), **options}
        return hftsim.connect(self.endpoint, config_text=CONFIG, num_envs=2, **options)

    def refused(self, words, name="alice", **options):
        with pytest.raises(hftsim.ServerUnavailable, match=words):
            self.connect(name, timeout_s=1.5, retries=0, **options)


@pytest.fixture
def encrypted(program, tmp_path):
    server = EncryptedServer(program, tmp_path)
    yield server
    server.process.terminate()
    assert server.process.wait(WAIT_S) == 0


def test_the_numbers_are_the_same(encrypted, server):
    with server.connect(config_text=CONFIG, num_envs=2) as envs:
        expected = run(envs, STEPS, seed=3)
    with encrypted.connect() as envs:
        assert np.array_equal(expected, run(envs, STEPS, seed=3))
    with hftsim.make("default", endpoint=encrypted.endpoint, **encrypted.options()) as envs:
        envs.reset()


def test_launch_with_keys(program, tmp_path, server):
    (tmp_path / "keys" / "clients").mkdir(parents=True)
    for name in ("keys/server.key", "keys/clients/alice.key"):
        command = [program, "keygen", "--out", tmp_path / name]
        subprocess.run(command, check=True, capture_output=True)
    keys = tmp_path / "keys/clients/alice.key_secret"
    with server.connect(config_text=CONFIG, num_envs=2) as envs:
        expected = run(envs, STEPS, seed=3)
    with hftsim.launch(program=program, curve_keys=tmp_path / "keys", keys=keys) as encrypted:
        with encrypted.connect(config_text=CONFIG, num_envs=2) as envs:
            assert np.array_equal(expected, run(envs, STEPS, seed=3))
        hftsim.make(**encrypted.access).close()
        client = hftsim.Client(encrypted.endpoint, timeout_s=3, retries=0)
        with pytest.raises(hftsim.ServerUnavailable, match="server_key and keys"):
            client.ping()
        client.close()
    with pytest.raises(ValueError, match="curve_keys and keys"):
        hftsim.launch(program=program, curve_keys=tmp_path / "keys")


def test_the_key_itself_serves_as_well(encrypted):
    text = (encrypted.folder / "keys" / "server.key").read_text()
    key = re.search(r'public-key = "(.{40})"', text)[1]
    client = hftsim.Client(
        encrypted.endpoint, server_key=key, keys=encrypted.folder / "alice.key_secret"
    )
    client.ping()
    client.close()


def test_who_is_not_admitted_is_told_so_and_disturbs_nobody(encrypted):
    with encrypted.connect() as envs:
        expected = run(envs, STEPS, seed=5)

        def intrude(step):
            if step == 5:
                encrypted.refused("does not admit this client's key", "bob")
            if step == 10:
                encrypted.refused("server_key and keys", server_key=None, keys=None)

        assert np.array_equal(expected, run(envs, STEPS, 5, intrude))
    encrypted.logged("key refused: key .{40}, peer 127.0.0.1")


def test_a_wrong_key_of_the_server_is_told(encrypted, server):
    encrypted.refused("server_key may not be", server_key=encrypted.folder / "bob.key")
    client = hftsim.Client(server.endpoint, timeout_s=1.5, retries=0, **encrypted.options())
    with pytest.raises(hftsim.ServerUnavailable, match="without --curve-keys"):
        client.ping()
    client.close()


def test_a_hangup_reads_the_keys_again(encrypted):
    encrypted.refused("does not admit", "bob")
    encrypted.admit("bob")
    encrypted.hang_up("keys read")
    encrypted.connect("bob").close()
    with encrypted.connect() as envs:
        envs.reset(seed=1)
        (encrypted.clients / "alice.key").unlink()
        encrypted.hang_up("keys read")
        encrypted.refused("does not admit")
        envs.reset(seed=1)  # a connection that stands is not cut
    encrypted.connect("bob").close()


def test_a_broken_key_leaves_the_old_ones(encrypted):
    (encrypted.clients / "broken.key").write_text('public-key = "half of')
    encrypted.admit("bob")
    encrypted.hang_up(r"keys kept: clients 1, where \S+/broken.key, reason public-key is not a key")
    encrypted.connect().close()
    encrypted.refused("does not admit", "bob")


def test_wrong_arguments(encrypted, tmp_path):
    keys = encrypted.options()
    with pytest.raises(ValueError, match="both"):
        hftsim.Client(encrypted.endpoint, server_key=keys["server_key"])
    with pytest.raises(ValueError, match="both"):
        hftsim.Client(encrypted.endpoint, keys=keys["keys"])
    with pytest.raises(ValueError, match="no secret key"):
        hftsim.Client(encrypted.endpoint, **{**keys, "keys": tmp_path / "alice.key"})
    with pytest.raises(FileNotFoundError):
        hftsim.Client(encrypted.endpoint, **{**keys, "keys": tmp_path / "nobody.key_secret"})
    (tmp_path / "other").write_text("not a key\n")
    with pytest.raises(ValueError, match="keygen"):
        hftsim.Client(encrypted.endpoint, **{**keys, "server_key": tmp_path / "other"})
    with pytest.raises(ValueError, match="endpoint"):
        hftsim.make("default", **keys)


def test_a_server_needs_its_keys(program, tmp_path):
    command = [program, "serve", "--bind", "tcp://127.0.0.1:*", "--curve-keys", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.returncode == 1
    assert "server.key_secret" in done.stderr
