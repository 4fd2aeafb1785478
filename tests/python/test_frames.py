"""Render modes: pixels and windows, by every adapter and by what records them."""

import importlib.util
import subprocess
import sys

import gymnasium
import hftsim
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import RenderCollection

from conftest import CONFIG, EPISODE_LEN

pytest.importorskip("PIL", reason="needs hftsim[render]")

SEAT = {"seats": "executor", "others": lambda results: {"maker": 0}}
ROWS = {"seats": "maker", "others": lambda results: {"executor": 0}}


@pytest.fixture
def options(endpoint):
    return {"config_text": CONFIG, "endpoint": endpoint}


def check_frame(pixels):
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
    assert all(size % 2 == 0 for size in pixels.shape[:2])  # as video wants it
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10


def colours(pixels):
    return set(map(tuple, np.unique(pixels.reshape(-1, 3), axis=0).tolist()))


def test_every_adapter_gives_pixels(options):
    env = hftsim.Env(**options, **SEAT, render_mode="rgb_array")
    parallel = hftsim.ParallelEnv(**options, render_mode="rgb_array")
    envs = hftsim.VectorEnv(None, 2, **options, **ROWS, render_mode="rgb_array")
    for made in (env, parallel, envs):
        made.reset(seed=1)
        assert made.metadata["render_fps"] == 5  # steps of 200 ms
        assert set(made.metadata["render_modes"]) == {"human", "rgb_array", "ansi"}
    pixels = env.render()
    check_frame(pixels)
    assert np.array_equal(pixels, parallel.render())
    frames = envs.render()
    assert len(frames) == envs.num_envs == 4
    assert np.array_equal(frames[0], pixels) and np.array_equal(frames[1], pixels)
    assert not np.array_equal(frames[2], pixels) and frames[2].shape == pixels.shape
    env.step(np.zeros(2, np.float32))
    moved = env.render()
    assert moved.shape == pixels.shape and not np.array_equal(moved, pixels)
    for made in (env, parallel, envs):
        made.close()


def test_what_a_frame_shows(options):
    """The seats' own orders have a colour that is nowhere else."""
    with hftsim.make(**options, seed=1) as pool:
        pool.reset()
        frame = hftsim.frames.frame
        own = {(22, 92, 176), (190, 44, 32)}
        assert not own & colours(frame(pool.picture()))
        pool.step(
            {
                role.name: np.zeros((1, len(role.agents), len(role.action_names)), np.float32)
                for role in pool.roles.values()
            }
        )
        picture = pool.picture()
        shown = frame(picture)
        assert own <= colours(shown)
        # The longest bar is that of the most lots, and all others are in proportion.
        (book,) = picture["instruments"]
        lots = [qty for _, qty, _ in book["asks"][::-1]] + [qty for _, qty, _ in book["bids"]]
        bars = [bar for bar in bars_of(shown) if bar]
        assert bars == [max(1, round(200 * qty / max(lots))) for qty in lots]


def bars_of(pixels):
    """The lengths of the bars, from above, of either colour."""
    coloured = np.zeros(pixels.shape[:2], bool)
    for colour in ((178, 206, 240), (244, 190, 184), (22, 92, 176), (190, 44, 32)):
        coloured |= (pixels[:, 150:350] == colour).all(axis=2).any(axis=1)[:, None]
    lengths, row = [], 0
    while row < len(pixels):
        if not coloured[row].any():
            row += 1
            continue
        line = pixels[row, 150:350]
        lengths.append(int((line != 255).any(axis=1).sum()))
        row += 16
    return lengths


@pytest.mark.parametrize(
    "config",
    ["all_roles", "portfolio", "many_makers", "avellaneda_stoikov", "santa_fe"],
)
@pytest.mark.usefixtures("library")
def test_frames_of_a_config_have_one_size(config):
    short = {"env_config.warmup_s": 0, "env_config.episode_len": 20}
    env = hftsim.ParallelEnv(config, overrides=short, render_mode="rgb_array")
    env.reset(seed=1)
    check_frame(env.render())
    shapes = {env.render().shape}
    while env.agents:
        env.step({agent: env.action_spaces[agent].sample() for agent in env.agents})
        shapes.add(env.render().shape)
    env.close()
    assert len(shapes) == 1


@pytest.mark.usefixtures("library")
def test_a_market_without_anybody():
    """An empty book has bars of no length."""
    text = """
market_config: {decision_ms: 100}
env_config: {warmup_s: 0, episode_len: 5}
seats: [{kind: maker}]
"""
    env = hftsim.Env(config_text=text, render_mode="rgb_array")
    env.reset(seed=1)
    shape = env.render().shape
    *_, info = env.step(np.ones(4, np.float32))
    assert env.render().shape == shape and info["pnl"] == 0
    env.close()


def test_collections_and_videos(options, tmp_path):
    env = gymnasium.make("hftsim/Market-v0", render_mode="rgb_array_list", **options, **SEAT)
    env.reset(seed=1)
    for _ in range(4):
        env.step(np.zeros(2, np.float32))
    frames = env.render()
    assert len(frames) == 5
    for pixels in frames:
        check_frame(pixels)
    env.close()
    collected = RenderCollection(hftsim.Env(**options, **SEAT, render_mode="ansi"))
    collected.reset()
    collected.step(np.zeros(2, np.float32))
    assert all(isinstance(text, str) for text in collected.render())
    collected.close()
    assert "rgb_array_list" not in hftsim.viewing.RENDER_MODES
    pytest.importorskip("moviepy", reason="needs moviepy")
    env = hftsim.Env(**options, **SEAT, render_mode="rgb_array")
    env = gymnasium.wrappers.RecordVideo(env, str(tmp_path), disable_logger=True)
    env.reset(seed=1)
    over = False
    while not over:
        *_, terminated, over, _ = env.step(np.zeros(2, np.float32))
    env.close()
    (video,) = tmp_path.glob("*.mp4")
    from moviepy import VideoFileClip

    with VideoFileClip(str(video)) as clip:
        assert clip.fps == 5 and clip.duration == pytest.approx((EPISODE_LEN + 1) / 5, abs=0.21)


def test_vectors_of_gymnasium(options):
    envs = gymnasium.make_vec(
        "hftsim/Market-v0", 2, "sync", render_mode="rgb_array", **options, **SEAT
    )
    ours = gymnasium.make_vec("hftsim/Market-v0", 2, render_mode="rgb_array", **options, **SEAT)
    assert type(ours.unwrapped) is hftsim.VectorEnv
    for made in (envs, ours):
        made.reset(seed=[3, 4])
    for one, other in zip(envs.render(), ours.render(), strict=True):
        check_frame(one)
        assert one.shape == other.shape
    for made in (envs, ours):
        made.close()


def test_stable_baselines(options, tmp_path):
    pytest.importorskip("stable_baselines3")
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import DummyVecEnv, VecVideoRecorder

    made = make_vec_env(  # with its default mode, pixels
        "hftsim/Market-v0", 2, vec_env_cls=DummyVecEnv, env_kwargs={**options, **SEAT}
    )
    assert made.render_mode == "rgb_array"
    rows = hftsim.sb3.VecEnv(None, 2, **options, **ROWS, render_mode="rgb_array")
    assert rows.get_attr("render_mode") == ["rgb_array"] * 4 and rows.metadata["render_fps"] == 5
    for envs in (made, rows):
        envs.reset()
        for pixels in envs.get_images():
            check_frame(pixels)
        assert envs.render().shape[2] == 3
        assert len(envs.env_method("render", indices=[1])) == 1
        envs.close()
    if importlib.util.find_spec("moviepy") is not None:
        again = hftsim.sb3.VecEnv(None, 2, **options, **ROWS, render_mode="rgb_array")
        video = VecVideoRecorder(again, str(tmp_path), lambda step: step == 0, video_length=8)
        video.reset()
        for _ in range(9):
            video.step(np.zeros((4, 2), np.float32))
        video.close()
        assert len(list(tmp_path.glob("*.mp4"))) == 1
    silent = hftsim.sb3.VecEnv(None, 2, **options, **ROWS)
    silent.reset()
    assert silent.get_images() == [None] * 4 and silent.env_method("render") == [None] * 4
    silent.close()


WINDOW = importlib.util.find_spec("pygame") is None


@pytest.mark.skipif(WINDOW, reason="needs hftsim[human]")
def test_windows(options):
    pygame = pytest.importorskip("pygame")
    quick = {"market_config.decision_ms": 10}
    env = hftsim.Env(**options, **SEAT, render_mode="human", overrides=quick)
    env.reset(seed=1)
    surface = pygame.display.get_surface()
    shown = pygame.surfarray.array3d(surface).swapaxes(0, 1)
    assert np.array_equal(shown, hftsim.frames.frame(env.pool.picture()))
    env.step(np.zeros(2, np.float32))
    assert env.render() is None and env.metadata["render_fps"] == 60
    env.close()
    assert pygame.display.get_surface() is None
    for kind, more in (
        (hftsim.VectorEnv, {**ROWS, "num_envs": 2}),
        (hftsim.ParallelEnv, {}),
    ):
        env = kind(**options, **more, render_mode="human", overrides=quick)
        env.reset()
        assert pygame.display.get_surface() is not None and env.render() is None
        env.close()
    if importlib.util.find_spec("stable_baselines3") is not None:
        rows = hftsim.sb3.VecEnv(None, 2, **options, **ROWS, render_mode="human", overrides=quick)
        rows.reset()
        assert rows.render() is None and pygame.display.get_surface() is not None
        rows.close()


@pytest.mark.skipif(WINDOW, reason="needs hftsim[human]")
@pytest.mark.filterwarnings("ignore:.*infinity.*")
def test_gymnasiums_checker_of_all_modes(options):
    env = gymnasium.make("hftsim/Market-v0", **options, **SEAT)
    check_env(env.unwrapped)
    env.close()


SCRIPT = """
import sys
sys.modules[{missing!r}] = None  # as if it were not installed
import hftsim
env = hftsim.Env("market_making", render_mode={mode!r}, overrides={{"env_config.warmup_s": 0}})
try:
    env.reset()
    env.render()
except ImportError as error:
    print(error)
"""


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("mode", "missing", "extra"),
    [("rgb_array", "PIL", "render"), ("human", "pygame", "human"), ("ansi", "PIL", None)],
)
def test_a_missing_package_names_its_extra(mode, missing, extra):
    script = SCRIPT.format(missing=missing, mode=mode)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if extra is None:
        assert done.stdout == ""
    else:
        assert f"pip install 'hftsim[{extra}]'" in done.stdout
