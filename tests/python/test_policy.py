"""Policies: the C library, NumPy, ONNX and PyTorch compute the same, for every head and network."""

import copy
import json
import pickle
import subprocess
import sys

import hftsim
import numpy as np
import pytest
from conftest import REPOSITORY

pytestmark = pytest.mark.usefixtures("library")

NETS = {
    "plain": {"hidden": (16, 12)},
    "none": {"hidden": ()},
    "norm": {"hidden": (16, 12), "layer_norm": True, "activation": "relu"},
    "elu": {"hidden": (16,), "activation": "elu"},
    "gru": {"hidden": (16,), "gru": 10},
    "gru alone": {"hidden": (), "gru": 7, "activation": "relu"},
    "gru norm": {"hidden": (16,), "gru": 10, "layer_norm": True},
}
SPACES = ("box", "mixed", "multi_discrete", "discrete")
HEADS = [(space, density) for space in SPACES for density in ("gaussian", "squashed", "beta")]
STEPS, ROWS = 4, 33


def config_of(space, seats="[{kind: maker}]"):
    choices = 3 if space == "discrete" else 5
    return f"""
env_config: {{action_space: {space}, action_choices: {choices}, depth: 2, state_depth: 2}}
seats: {seats}
"""


def drawn(space="box", net=None, density="gaussian", seed=1):
    """A policy all of whose tensors are random."""
    policy = hftsim.Policy.create(config_of(space), density=density, **NETS[net or "plain"])
    rng = np.random.default_rng(seed)
    tensors = {
        name: rng.normal(size=array.shape).astype(np.float32) * 0.7
        for name, array in policy.torch_state_dict().items()
    }
    tensors["obs_factor"] = np.abs(tensors["obs_factor"]) + 0.1
    policy.load_torch(tensors)
    return policy


def moments(policy, seed=2):
    """Observations [STEPS, ROWS, D], some beyond the clipping, and masks [STEPS, ROWS, M]."""
    rng = np.random.default_rng(seed)
    obs = rng.normal(size=(STEPS, ROWS, len(policy.net.obs_names))).astype(np.float32)
    obs[:, 0] *= 1e6
    mask = rng.random((STEPS, ROWS, policy.net.mask_dim)) < 0.6
    mask[:, 1] = False  # then all are allowed
    return obs, mask if policy.net.mask_dim else None


def played(policy, obs, mask):
    policy.reset()
    return np.stack([policy(obs[t], None if mask is None else mask[t]) for t in range(STEPS)])


def close(got, wanted):
    """Numbers to 1e-5; choices exactly, but for a logit in a thousand that rounding swaps."""
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    wrong = ~np.isclose(got, wanted, rtol=1e-5, atol=1e-5)
    assert wrong.mean() <= 0.001, (got[wrong], wanted[wrong])


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("space, density", HEADS)
def test_numpy_computes_what_the_library_does(space, density, net, tmp_path):
    policy = drawn(space, net, density)
    obs, mask = moments(policy)
    policy.save_npz(tmp_path / "policy.npz")
    other = hftsim.Policy.from_npz(tmp_path / "policy.npz")
    assert other.net == policy.net
    close(played(other, obs, mask), played(policy, obs, mask))
    if policy.net.gru:
        np.testing.assert_allclose(other.state, policy.state, atol=1e-5)
        assert np.abs(policy.state).max() > 0.1


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("space, density", HEADS)
def test_onnx_computes_what_the_library_does(space, density, net, tmp_path):
    pytest.importorskip("onnx", reason="needs onnx")
    runtime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    policy = drawn(space, net, density)
    obs, mask = moments(policy)
    policy.save_onnx(tmp_path / "policy.onnx")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(tmp_path / "policy.onnx", options)
    state, actions = np.zeros((ROWS, policy.net.gru), np.float32), []
    for t in range(STEPS):
        given = {"obs": obs[t]}
        given |= {"mask": mask[t]} if mask is not None else {}
        given |= {"state": state} if policy.net.gru else {}
        results = session.run(["action", "next_state"] if policy.net.gru else ["action"], given)
        actions.append(results[0])
        state = results[-1] if policy.net.gru else state
    close(np.stack(actions), played(policy, obs, mask))
    one = {name: array[:1] for name, array in given.items()}  # another number of rows
    assert session.run(["action"], one)[0].shape == (1, len(policy.net.choices))


def torch_module(net):
    """The network as a user writes it, with the names of Policy.load_torch."""
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    nn = torch.nn

    class Module(nn.Module):
        def __init__(self):
            super().__init__()
            width = len(net.obs_names)
            for i, units in enumerate(net.hidden):
                setattr(self, f"hidden{i}", nn.Linear(width, units))
                if net.layer_norm:
                    setattr(self, f"norm{i}", nn.LayerNorm(units))
                width = units
            if net.gru:
                self.gru = nn.GRU(width, net.gru)
            self.output = nn.Linear(net.gru or width, net.outputs)
            if "log_std" in net.shapes():
                self.log_std = nn.Parameter(torch.zeros(net.shapes()["log_std"]))
            self.register_buffer("obs_shift", torch.zeros(len(net.obs_names)))
            self.register_buffer("obs_factor", torch.ones(len(net.obs_names)))

        def forward(self, x):
            """[STEPS, ROWS, D] to [STEPS, ROWS, O], from a state of zeros on."""
            activate = {"tanh": torch.tanh, "relu": torch.relu, "elu": nn.functional.elu}
            x = ((x - self.obs_shift) * self.obs_factor).clamp(-8, 8)
            for i in range(len(net.hidden)):
                x = getattr(self, f"hidden{i}")(x)
                x = getattr(self, f"norm{i}")(x) if net.layer_norm else x
                x = activate[net.activation](x)
            if net.gru:
                x, _ = self.gru(x)
            return self.output(x)

    torch.manual_seed(7)
    return Module()


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("density", ["gaussian", "squashed", "beta"])
def test_pytorch_weights_come_and_go(density, net, tmp_path):
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    like = drawn("box", net, density)
    module = torch_module(like.net)
    before = like.torch_state_dict()
    policy = hftsim.Policy.from_torch(module.state_dict(), like)
    for name, array in like.torch_state_dict().items():
        np.testing.assert_array_equal(array, before[name])  # a copy has other weights
    obs, _ = moments(policy)
    with torch.no_grad():
        y = module(torch.tensor(obs))
        a, b = (1 + torch.nn.functional.softplus(y)).unflatten(-1, (-1, 2)).unbind(-1) if (
            density == "beta") else (y, y)  # fmt: skip
        wanted = {"gaussian": y, "squashed": y.tanh(), "beta": 2 * a / (a + b) - 1}[density]
    close(played(policy, obs, None), wanted.numpy())
    policy.save(tmp_path / "policy.h5")
    loaded = hftsim.Policy.load(tmp_path / "policy.h5")
    assert loaded.net == policy.net
    np.testing.assert_array_equal(played(loaded, obs, None), played(policy, obs, None))
    module.load_state_dict({n: torch.tensor(a) for n, a in like.torch_state_dict().items()})


def test_a_sequential_module_is_read_by_order():
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    nn, policy = torch.nn, drawn()
    d, o = len(policy.net.obs_names), policy.net.outputs
    module = nn.Sequential(nn.Linear(d, 16), nn.Tanh(), nn.Linear(16, 12), nn.Tanh(),
                           nn.Linear(12, o))  # fmt: skip
    holder = {f"actor.{name}": value for name, value in module.state_dict().items()}
    policy.load_torch(holder | {"critic.weight": np.zeros(3)}, prefix="actor.")
    np.testing.assert_array_equal(policy.torch_state_dict()["hidden1.weight"],
                                  module[2].weight.detach().numpy())  # fmt: skip
    mixed_up = dict(reversed(list(module.state_dict().items())))
    before = policy.torch_state_dict()
    with pytest.raises(ValueError, match=r"hidden0.weight must be \(16, "):
        policy.load_torch(mixed_up)
    np.testing.assert_array_equal(policy.torch_state_dict()["log_std"], before["log_std"])


@pytest.mark.parametrize("change, said", [
    (lambda s: s.pop("output.bias"), "output.bias is missing"),
    (lambda s: s.update(other=np.zeros(2)), "other is not a tensor"),
    (lambda s: s.update({"output.bias": np.zeros(3)}), r"output.bias must be \(4,\), not \(3,\)"),
    (lambda s: s.update({"log_std": np.full(4, np.nan)}), "log_std has a number that is inf"),
    (lambda s: s.clear(), "6 tensors"),
])  # fmt: skip
def test_a_state_dict_that_does_not_fit_changes_nothing(change, said):
    policy = drawn()
    before = policy.torch_state_dict()
    state_dict = {name: array + 1 for name, array in before.items()}
    change(state_dict)
    with pytest.raises(ValueError, match=said):
        policy.load_torch(state_dict)
    for name, array in policy.torch_state_dict().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("space", SPACES)
def test_shapes_of_any_number_of_dimensions_give_the_same_rows(space):
    policy = drawn(space)
    obs, mask = moments(policy)
    a = len(policy.net.choices)
    all_rows = policy(obs, mask)
    assert all_rows.shape == (STEPS, ROWS, a) and all_rows.dtype == policy.net.dtype
    rows = policy(obs[0], None if mask is None else mask[0])
    row = policy(obs[0, 3], None if mask is None else mask[0, 3])
    assert rows.shape == (ROWS, a) and row.shape == (a,)
    np.testing.assert_array_equal(all_rows[0], rows)
    np.testing.assert_array_equal(rows[3], row)
    assert policy(obs[:0], None if mask is None else mask[:0]).shape == (0, ROWS, a)


def test_a_gru_remembers_rows_until_a_reset():
    policy = drawn("box", "gru")
    obs, _ = moments(policy)
    first, second = policy(obs[0]), policy(obs[0])
    assert (first != second).any()
    with pytest.raises(ValueError, match=r"rows \(5,\) are not those of the last call"):
        policy(obs[0, :5])
    ended = np.arange(ROWS) % 2 == 0
    policy.reset(ended)
    third = policy(obs[0])
    np.testing.assert_array_equal(third[ended], first[ended])
    assert (third[~ended] != first[~ended]).any(axis=1).all()
    policy.reset()
    np.testing.assert_array_equal(policy(obs[0, :5]), first[:5])
    with pytest.raises(ValueError, match="rows must be"):
        policy.reset(np.zeros(3, bool))


@pytest.mark.parametrize("space, density", HEADS)
def test_a_seed_explores_and_repeats(space, density):
    policy = drawn(space, "plain", density)
    obs = np.tile(moments(policy)[0][0, 2], (500, 1))
    drawn_once, again = policy(obs, seed=5), policy(obs, seed=5)
    np.testing.assert_array_equal(drawn_once, again)
    np.testing.assert_array_equal(policy(obs[:7], seed=5), drawn_once[:7])
    assert (policy(obs, seed=6) != drawn_once).any()
    assert len(np.unique(drawn_once, axis=0)) > 1
    for i, count in enumerate(policy.net.choices):
        if count:
            assert set(np.unique(drawn_once[:, i])) <= set(range(count))
    if density == "gaussian" and space == "box":
        std = np.exp(policy.torch_state_dict()["log_std"])
        gaps = (drawn_once - policy(obs)) / std
        assert np.abs(gaps.mean(0)).max() < 5 / 500**0.5 and np.abs(gaps.std(0) - 1).max() < 0.16


def test_masks_are_obeyed():
    policy = drawn("multi_discrete")
    obs, mask = moments(policy)
    mask[:, 1] = True
    begins = np.cumsum([0, *policy.net.choices[:-1]])
    for k, begin in enumerate(begins):  # each axis can do something
        mask[..., begin + k % policy.net.choices[k]] = True
    for actions in (policy(obs, mask), policy(obs, mask, seed=1)):
        assert np.take_along_axis(mask, actions + begins, -1).all()


@pytest.mark.parametrize("call, said", [
    (lambda p: p(np.zeros(3)), r"obs must be \[..., \d+\], not \(3,\)"),
    (lambda p: p(0.0), "obs must be"),
    (lambda p: p(np.full((4, len(p.net.obs_names)), np.nan)), r"bad_argument: obs\[0, 0\]"),
    (lambda p: p(np.zeros((2, len(p.net.obs_names))), np.ones(3)), "mask must be"),
    (lambda p: p(np.zeros(len(p.net.obs_names)), seed=-1), "out of range"),
    (lambda p: p.of("taker"), "no role 'taker', but maker"),
    (lambda p: p.of("maker", 300).save("/nothing/here.h5"), "bad_file"),
])  # fmt: skip
def test_what_is_wrong_is_named(call, said):
    with pytest.raises((ValueError, hftsim.Error), match=said):
        call(drawn("mixed"))


@pytest.mark.parametrize("options, said", [
    ({"hidden": (0,)}, "hidden"), ({"hidden": (4,) * 9}, "hidden_count"),
    ({"activation": "sin"}, "activation"), ({"density": "x"}, "density"), ({"gru": 999}, "gru"),
])  # fmt: skip
def test_an_invalid_shape_is_refused(options, said):
    with pytest.raises(hftsim.RequestError, match=f"bad_argument: {said}"):
        hftsim.Policy.create(config_of("box"), **options)


def test_an_invalid_config_is_refused():
    for text in ("seats: [{kind: nobody}]", "seats: []", "nothing: 1"):
        with pytest.raises(hftsim.RequestError, match="config: "):
            hftsim.Policy.create(text)


def test_files_that_are_no_policies_are_refused(tmp_path):
    with pytest.raises(hftsim.RequestError, match="bad_file") as caught:
        hftsim.Policy.load(tmp_path / "missing.h5")
    assert "missing.h5" in str(caught.value)
    policy = drawn()
    policy.save(tmp_path / "policy.h5")
    policy.save_npz(tmp_path / "policy.npz")
    for good, load in (("policy.h5", hftsim.Policy.load), ("policy.npz", hftsim.Policy.from_npz)):
        data = (tmp_path / good).read_bytes()
        for size in (0, 10, len(data) // 2, len(data) - 1):
            (tmp_path / "cut").write_bytes(data[:size])
            with pytest.raises((ValueError, hftsim.RequestError)):
                load(tmp_path / "cut")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(ValueError, match="not a policy of save_npz"):
        hftsim.Policy.from_npz(tmp_path / "other.npz")
    other = hftsim.Policy.from_npz(tmp_path / "policy.npz")
    for call in (lambda: other.save(tmp_path / "x.h5"), lambda: other.of("maker"),
                 lambda: other(np.zeros(len(other.net.obs_names)), seed=1)):  # fmt: skip
        with pytest.raises(hftsim.Error, match="npz"):
            call()


def test_roles_share_a_checkpoint(tmp_path):
    text = config_of("box", "[{kind: maker}, {kind: executor, parent_qty: 10}]")
    policy = hftsim.Policy.create(text, "executor", hidden=(8,), seed=3)
    assert policy.roles == ("maker", "executor") and "executor" in policy.config
    executor = policy.torch_state_dict()
    maker = policy.of("maker")
    changed = {name: array + 1 for name, array in maker.torch_state_dict().items()}
    maker.load_torch(changed)
    policy.save(tmp_path / "both.h5")
    with pytest.raises(ValueError, match="roles maker, executor: name one"):
        hftsim.Policy.load(tmp_path / "both.h5")
    for role, wanted in (("maker", changed), ("executor", executor)):
        loaded = hftsim.Policy.load(tmp_path / "both.h5", role)
        for name, array in loaded.torch_state_dict().items():
            np.testing.assert_array_equal(array, wanted[name])


@pytest.mark.parametrize("again", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_have_their_own_weights_and_memory(again, tmp_path):
    policy = drawn("mixed", "gru")
    obs, mask = moments(policy)
    policy(obs[0], mask[0])
    other = again(policy)
    np.testing.assert_array_equal(other(obs[1], mask[1]), policy(obs[1], mask[1]))
    before = played(policy, obs, mask)
    other.load_torch({name: array + 1 for name, array in other.torch_state_dict().items()})
    np.testing.assert_array_equal(played(policy, obs, mask), before)
    assert (played(other, obs, mask) != before).any()
    policy.save_npz(tmp_path / "policy.npz")
    of_npz = again(hftsim.Policy.from_npz(tmp_path / "policy.npz"))
    close(played(of_npz, obs, mask), before)


@pytest.mark.parametrize("net", ["plain", "gru"])
def test_act_plays_a_pool(net):
    """As a loop over the envs one by one with a policy each."""
    text = config_of("mixed", "[{kind: maker, count: 2}]")
    text = text.replace("depth: 2", "episode_len: 5, depth: 2", 1)
    options = NETS[net]
    with hftsim.make(config_text=text, num_envs=3, seed=4) as envs:
        policy = hftsim.Policy.create(envs, **options)
        policy.check(envs.spec.roles["maker"])
        alone = [hftsim.Policy.create(envs, **options) for _ in range(3)]
        results = envs.reset(seed=4)
        for _ in range(12):
            for i, one in enumerate(alone):
                if results.ended[i]:
                    one.reset()
            wanted = [one(results.obs["maker"][i], results.masks["maker"][i])
                      for i, one in enumerate(alone)]  # fmt: skip
            actions = policy.act(results)
            np.testing.assert_array_equal(actions, np.stack(wanted))
            results = envs.step({"maker": actions})


def test_a_policy_of_other_observations_does_not_fit():
    for text, said in (
        (config_of("multi_discrete"), "actions 0 is 'box' of the policy, 'multi_discrete'"),
        (config_of("box").replace("depth: 2", "depth: 3", 2), "observation"),
        (config_of("box", "[{kind: taker}]"), "role 0 is 'maker' of the policy, 'taker'"),
    ):
        with hftsim.make(config_text=text) as envs, pytest.raises(ValueError, match=said):
            drawn().check(next(iter(envs.spec.roles.values())))


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "hftsim.policy", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False, cwd=REPOSITORY / "python" / "src",
    )  # fmt: skip


def test_the_program_exports(tmp_path):
    drawn().save(tmp_path / "policy.h5")
    done = run("export", tmp_path / "policy.h5", "--npz", tmp_path / "policy.npz")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    with np.load(tmp_path / "policy.npz") as arrays:
        assert json.loads(str(arrays["actor"]))["role"] == "maker"
    assert run("export", tmp_path / "policy.h5").returncode == 2
    failed = run("export", tmp_path / "none.h5", "--npz", tmp_path / "x.npz")
    assert failed.returncode == 1 and failed.stderr.startswith("hftsim.policy: bad_file: ")
    assert "--onnx" in run("export", "--help").stdout
    assert not list(tmp_path.glob("*.part"))


def test_without_onnx_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match="pip install onnx"):
        drawn().save_onnx(tmp_path / "policy.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("space, net", [("box", "gru"), ("discrete", "plain"), ("mixed", "norm")])
def test_the_market_acts_with_a_saved_policy_as_python_does(space, net, tmp_path):
    policy = drawn(space, net)
    policy.save(tmp_path / "policy.h5")
    held = {"seats.maker.controller": "policy",
            "seats.maker.params": {"checkpoint": str(tmp_path / "policy.h5")}}  # fmt: skip
    short = {"num_envs": 8, "seed": 8, "config_text": config_of(space)}
    length = {"env_config.episode_len": 60}
    with (
        hftsim.make(**short, overrides=length) as envs,
        hftsim.make(**short, overrides=length | held) as by,
    ):
        results, others = envs.reset(seed=8), by.reset(seed=8)
        total = 0
        for _ in range(90):
            results, others = envs.step({"maker": policy.act(results)}), by.step({})
            np.testing.assert_array_equal(results.rewards["maker"], others.policy_rewards["maker"])
            total += np.abs(results.rewards["maker"]).sum()
        assert total > 0


def test_evaluate_scores_a_saved_policy(program, tmp_path):
    """As Python plays it: worlds of single envs with these seeds."""
    text = config_of("box").replace("depth: 2", "episode_len: 40, depth: 2", 1)
    (tmp_path / "market.yaml").write_text(text)
    policy = drawn("box", "norm")
    policy.save(tmp_path / "policy.h5")
    command = [program, "evaluate", tmp_path / "policy.h5", "--config", tmp_path / "market.yaml",
               "--episodes", "6", "--seed", "100", "--json"]  # fmt: skip
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with hftsim.make(config_text=text, num_envs=6, autoreset="manual") as envs:
        results = envs.reset(seed=range(100, 106))
        sums = np.zeros(6)
        while not results.ended.all():
            results = envs.step({"maker": policy.act(results)})
            sums += results.rewards["maker"][:, 0]
    assert json.loads(done.stdout)["score"] == pytest.approx(sums.mean(), rel=1e-4)


@pytest.mark.parametrize("space", ["box", "mixed"])
def test_a_training_is_loaded_and_exported(program, space, tmp_path):
    text = config_of(space).replace("depth: 2", "episode_len: 20, depth: 2", 1)
    (tmp_path / "market.yaml").write_text(text)
    command = [program, "train", "--config", tmp_path / "market.yaml", "--steps", 2000,
               "--set", "training.num_envs=4", "--set", "training.evaluate_every=0",
               "--set", "training.evaluate_episodes=4", "--set", "network.hidden=[8]",
               "--set", "network.gru=6", "--out", tmp_path / "run",
               "--json", "--quiet"]  # fmt: skip
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    policy = hftsim.Policy.load(json.loads(done.stdout)["checkpoint"])
    assert (policy.net.hidden, policy.net.gru) == ((8,), 6)
    assert "mappo" in policy.training and space in policy.config
    assert (policy.torch_state_dict()["obs_factor"] != 1).any()
    policy.save_npz(tmp_path / "policy.npz")
    numpy_policy = hftsim.Policy.from_npz(tmp_path / "policy.npz")
    with hftsim.make(config_text=text, num_envs=3, seed=1) as envs:
        policy.check(envs.spec.roles["maker"])
        results = envs.reset(seed=1)
        for _ in range(30):
            actions = policy.act(results)
            close(numpy_policy.act(results), actions)
            results = envs.step({"maker": actions})


PRESETS = ("market_making", "execution", "taking", "portfolio", "mm_vs_execution", "many_makers",
           "avellaneda_stoikov")  # fmt: skip


@pytest.mark.parametrize("space", ["box", "mixed", "multi_discrete"])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_role_of_every_task_has_a_policy(preset, space, tmp_path):
    overrides = {"env_config.action_space": space}
    with hftsim.make(preset, 2, overrides=overrides, seed=1) as envs:
        results = envs.reset()
        roles = envs.spec.roles
        policy = hftsim.Policy.create(envs, next(iter(roles)), hidden=(8,), density="squashed")
        policy.save(tmp_path / "policy.h5")
        actions = {}
        for role in roles:
            mine = hftsim.Policy.load(tmp_path / "policy.h5", role)
            mine.check(roles[role])
            actions[role] = mine.act(results)
            mine.save_npz(tmp_path / "policy.npz")
            other = hftsim.Policy.from_npz(tmp_path / "policy.npz").act(results)
            np.testing.assert_allclose(other, actions[role], atol=1e-5)
        envs.step(actions)
