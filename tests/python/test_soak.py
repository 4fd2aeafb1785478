"""The endurance tests of soak.py, each for a moment."""

import pytest
from soak import HELD, kill_clients, kill_servers, load

forks = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@forks
def test_killed_clients_leave_nothing_and_disturb_nobody(program):
    shown = kill_clients(program, count=24, seed=3)
    assert shown["same"] and shown["trajectories"] == 12
    assert shown["killed"] == 24 and shown["ended_by_themselves"] == 0
    assert [shown[name] for name in HELD] == [0, 0, 0]


def test_clients_outlive_their_server(program, tmp_path):
    shown = kill_servers(program, count=3, seed=5, folder=tmp_path)
    assert shown["hung"] == 0
    assert shown["wrong"] == 0 and shown["trajectories"] >= 2 * shown["clients"]
    assert shown["errors"] > 0 and shown["unclear_errors"] == 0


@forks
def test_load_leaves_nothing(program):
    shown = load(program, seconds=2.0, clients=2, num_envs=4, threads=2)
    assert shown["failed_clients"] == 0 and shown["refused"] == 0
    assert shown["steps"] > 0 and shown["sessions_made"] >= 2
    assert [shown[name] for name in HELD] == [0, 0, 0]
