"""The page of `hftsim report` in headless Chromium: it draws, sorts, shows the numbers of the JSON,
and is usable in the dark, on a phone and by keyboard. Also what the command refuses."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

import chromium
from run_folders import METRICS, write_run

HFTSIM = os.environ.get("HFTSIM_BIN", "build/release/bin/hftsim")
NAMES = ["twap", "vwap", "almgren-chriss"]
HOSTILE = "</script><script>document.title='broken'</script> & \"<b>'"
KEYS = ("mean", "ci_low", "ci_high", "sd", "median", "episodes")

needs_browser = pytest.mark.skipif(
    chromium.program() is None,
    reason="there is no Chromium here (Debian: apt-get install chromium)")


def report(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run([HFTSIM, "report", *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False)


def page_data(path: Path) -> dict:
    """The data in the page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>',
                      path.read_text(), re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_run(folder / "whole", NAMES, steps=121)
    write_run(folder / "scores", ["alone"], episodes=1, seed=7)
    write_run(folder / "hostile", [HOSTILE.replace("/", "|"), "ünïcode ☃"], steps=5)
    done = subprocess.run(
        [HFTSIM, "baseline", "--strategy", ",".join(NAMES), "--episodes", "8", "--series", "--out",
         folder / "real", "--set", "env_config.episode_len=200"], capture_output=True, text=True,
        timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("whole", "scores", "hostile", "real"):
        done = report(folder / name, "--out", folder / f"{name}.html")
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Browser]:
    browser = chromium.Browser()
    browser.size(1200, 900)
    yield browser
    browser.close()


def opened(browser: chromium.Browser, page: Path) -> chromium.Browser:
    browser.size(1200, 900)
    browser.scheme("light")
    browser.open(page)
    return browser


# The share of the pixels of each canvas that are drawn.
PIXELS = """[...document.querySelectorAll('canvas')].map(canvas => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
  return count / (canvas.width * canvas.height);
})"""

PICTURES = "[...document.querySelectorAll('canvas')].map(canvas => canvas.toDataURL())"

ROWS = """[...document.querySelectorAll('table.metrics tbody tr')].map(row =>
  Object.fromEntries([...row.children].map(
    cell => [cell.dataset.key, cell.dataset.value ?? null])))"""


# ---- drawing ------------------------------------------------------------------------------------
@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "charts"), [("whole", 9), ("scores", 2), ("hostile", 9),
                                             ("real", 9)])
def test_it_draws_without_an_error(browser, folder, name, charts, scheme):
    page = opened(browser, folder / f"{name}.html")
    page.scheme(scheme)
    drawn = page.value(PIXELS)
    assert len(drawn) == charts
    assert all(share > 0.002 for share in drawn), drawn
    assert page.said == []
    assert page.requested == [(folder / f"{name}.html").as_uri()]  # nothing but itself
    text = page.value("document.body.innerText")
    for word in ("undefined", "NaN", "[object"):
        assert word not in text


@needs_browser
def test_the_pixels_come_from_the_data(browser, folder):
    """Without the lines a chart has fewer pixels: what is drawn is not only its grid."""
    page = opened(browser, folder / "whole.html")
    full = page.value(PIXELS)
    page.value("document.querySelectorAll('input[type=checkbox]').forEach(box => box.click())")
    page.frames()
    empty = page.value(PIXELS)
    assert sum(empty) < sum(full)
    assert len(page.value(ROWS)) == 0
    page.value("document.querySelector('input[type=checkbox]').click()")
    page.frames()
    assert {row["contestant"] for row in page.value(ROWS)} == {NAMES[0]}
    assert page.said == []


# ---- numbers ------------------------------------------------------------------------------------
@needs_browser
@pytest.mark.parametrize("name", ["whole", "real"])
def test_its_numbers_equal_the_json(browser, folder, name):
    page = opened(browser, folder / f"{name}.html")
    summary = json.loads((folder / name / "summary.json").read_text())
    rows = {(row["contestant"], row["metric"]): row for row in page.value(ROWS)}
    assert len(rows) == sum(len(strategy["metrics"]) for strategy in summary["strategies"])
    assert len(rows) >= len(NAMES) * len(METRICS)
    for strategy in summary["strategies"]:
        for metric, expected in strategy["metrics"].items():
            row = rows[strategy["strategy"], metric]
            assert row["unit"] == expected["unit"]
            for key in KEYS:
                shown = None if row[key] is None else float(row[key])
                assert shown == expected[key], (metric, key)


def test_the_data_are_those_of_the_folder(folder):
    data = page_data(folder / "whole.html")
    summary = json.loads((folder / "whole" / "summary.json").read_text())
    assert data["runs"][0]["summary"] == summary
    with h5py.File(folder / "whole" / "episodes.h5") as file:
        for contestant in data["contestants"]:
            group = file[contestant["name"]]
            for metric in METRICS:
                np.testing.assert_array_equal(
                    contestant["values"][metric], np.sort(group["episodes"][metric][:]))
            steps = {key: group["steps"][key][:] for key in group["steps"]}
            episodes = steps["episode"].max() + 1
            equity = steps["equity"].reshape(episodes, -1)
            peak = np.maximum(0, np.maximum.accumulate(equity, axis=1))
            bands = contestant["bands"]
            assert bands["episodes"] == episodes
            np.testing.assert_allclose(bands["time"], np.arange(equity.shape[1]), atol=1e-9)
            for name, values in (("equity", equity), ("drawdown", equity - peak)):
                np.testing.assert_allclose(bands[name]["mean"], values.mean(axis=0), atol=1e-9)
                for share in (5, 25, 75, 95):
                    np.testing.assert_allclose(
                        bands[name][f"p{share}"], np.percentile(values, share, axis=0), atol=1e-9)
            detail = contestant["details"][1]
            mine = group["fills"]["episode"][:] == 1
            np.testing.assert_allclose(
                detail["fills"]["price"], 0.01 * group["fills"]["price"][:][mine], rtol=1e-12)
            assert detail["depth"] is None
            book = contestant["details"][0]["depth"]
            np.testing.assert_allclose(
                book["ask_price"], 0.01 * group["depth"]["ask_price"][:], rtol=1e-12)
            assert book["bid_qty"] == group["depth"]["bid_qty"][:].tolist()


def test_a_run_of_the_program_is_as_it_says(folder):
    """What a run has written follows from itself: means, P&L, positions and plans."""
    summary = json.loads((folder / "real" / "summary.json").read_text())
    with h5py.File(folder / "real" / "episodes.h5") as file:
        assert list(file) == NAMES
        for strategy in summary["strategies"]:
            group = file[strategy["strategy"]]
            for metric, expected in strategy["metrics"].items():
                values = group["episodes"][metric][:]
                if expected["mean"] is not None and not np.isnan(values).any():
                    assert values.mean() == pytest.approx(expected["mean"], rel=1e-9, abs=1e-12)
            steps = {key: group["steps"][key][:] for key in group["steps"]}
            assert sorted(set(steps["episode"])) == list(range(8))
            for episode in range(8):
                mine = steps["episode"] == episode
                bought = group["fills"]["qty"][:][group["fills"]["episode"][:] == episode]
                assert bought.sum() == 200 == steps["inventory"][mine][-1]
                assert steps["plan"][mine][-1] == 200
                assert (np.diff(steps["plan"][mine]) >= 0).all()
                assert (np.diff(steps["time"][mine]) >= 0).all()
                assert steps["equity"][mine][-1] == pytest.approx(group["episodes"]["pnl"][episode])


def test_metrics_that_the_summary_lacks_are_computed(tmp_path):
    write_run(tmp_path / "run", ["a"], episodes=64)
    (tmp_path / "run" / "summary.json").write_text("{}")
    assert report(tmp_path / "run", "--out", tmp_path / "a.html").returncode == 0
    found = {m["name"]: m for m in page_data(tmp_path / "a.html")["contestants"][0]["metrics"]}
    with h5py.File(tmp_path / "run" / "episodes.h5") as file:
        for name in METRICS:
            values = file["a/episodes"][name][:]
            assert found[name]["mean"] == pytest.approx(values.mean())
            assert found[name]["sd"] == pytest.approx(values.std(ddof=1))
            assert found[name]["median"] == pytest.approx(np.median(values))
            error = values.std(ddof=1) / 8  # of the mean of 64
            for key, sign in (("ci_low", -1), ("ci_high", 1)):
                normal = values.mean() + sign * 1.96 * error
                assert found[name][key] == pytest.approx(normal, abs=error / 2)


# ---- use ----------------------------------------------------------------------------------------
@needs_browser
@pytest.mark.parametrize("key", ["contestant", "metric", "unit", *KEYS])
def test_every_column_sorts_both_ways(browser, folder, key):
    page = opened(browser, folder / "whole.html")
    text = key in ("contestant", "metric", "unit")
    for turn in range(2):
        page.value(f"document.querySelector('th button[data-key={key}]').click()")
        values = [row[key] if text else float(row[key]) for row in page.value(ROWS)]
        down = (turn == 0) != text
        assert values == sorted(values, reverse=down)
        told = page.value("[...document.querySelectorAll('th[aria-sort]')].map(t => t.ariaSort)")
        assert told == ["descending" if down else "ascending"]


@needs_browser
def test_it_works_by_keyboard(browser, folder):
    page = opened(browser, folder / "whole.html")
    seen = []
    for _ in range(60):
        page.key("Tab")
        seen.append(page.value("document.activeElement.id || document.activeElement.dataset.key ||"
                               " document.activeElement.className || document.activeElement.type"))
    assert {"theme", "checkbox", "search", "mean", "scroll", "plot"} <= set(seen)
    page.value("document.querySelector('th button[data-key=mean]').focus()")
    page.key("Enter")
    values = [float(row["mean"]) for row in page.value(ROWS)]
    assert values == sorted(values, reverse=True)
    page.value("document.querySelector('#price-path .plot').focus()")
    data = page_data(folder / "whole.html")["contestants"][0]["details"][0]
    for key, index in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1),
                       ("End", -1)):
        page.key(key)
        said = page.value("document.querySelector('#price-path .readout').innerText")
        assert f"t = {data['time'][index]:g}" in said, said
        assert f"{data['mid'][index]:g}" in said.replace(",", ""), said


@needs_browser
def test_dark_and_light(browser, folder):
    page = opened(browser, folder / "whole.html")

    def brightness() -> float:
        color = page.value("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", color)[:3])) / 765

    assert brightness() > 0.9
    light = page.value(PICTURES)
    page.scheme("dark")
    assert brightness() < 0.15
    dark = page.value(PICTURES)
    assert all(a != b for a, b in zip(light, dark))  # the charts follow
    page.value("document.getElementById('theme').click()")
    assert brightness() > 0.9
    page.value("document.getElementById('theme').click()")
    assert brightness() < 0.15
    contrast = page.value("""(() => {
      const parse = text => text.match(/\\d+/g).slice(0, 3).map(v => {
        const c = v / 255;
        return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      });
      const light = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
      const style = getComputedStyle(document.querySelector('section p'));
      const back = getComputedStyle(document.querySelector('section')).backgroundColor;
      return (light(parse(style.color)) + 0.05) / (light(parse(back)) + 0.05);
    })()""")
    assert contrast > 4.5  # WCAG 2, level AA
    assert page.said == []


@needs_browser
@pytest.mark.parametrize("name", ["whole", "hostile", "scores"])
@pytest.mark.parametrize("width", [320, 390, 768])
def test_no_narrow_screen_scrolls_sideways(browser, folder, name, width):
    browser.size(width, 700, mobile=True)
    browser.open(folder / f"{name}.html")
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value("Math.max(...[...document.querySelectorAll('canvas')]"
                         ".map(c => c.getBoundingClientRect().right))") <= width
    browser.size(1200, 900)
    browser.frames()
    assert browser.value("document.querySelector('#distribution canvas').clientWidth") > 900
    assert browser.said == []


@needs_browser
def test_choosing_another_episode(browser, folder):
    page = opened(browser, folder / "whole.html")
    path = "document.querySelector('#price-path canvas').toDataURL()"
    pictures = {page.value(path)}
    for strategy in range(3):
        for episode in range(3):
            page.value(f"""(() => {{
              const [who, which] = [...document.querySelectorAll('section select')].slice(-2);
              who.value = '{strategy}';
              who.dispatchEvent(new Event('change'));
              which.value = '{episode}';
              which.dispatchEvent(new Event('change'));
            }})()""")
            page.frames()
            pictures.add(page.value(path))
    assert len(pictures) == 9
    assert page.said == []


# ---- safety -------------------------------------------------------------------------------------
@needs_browser
def test_names_are_text(browser, folder):
    page = opened(browser, folder / "hostile.html")
    name = HOSTILE.replace("/", "|")
    assert {row["contestant"] for row in page.value(ROWS)} == {name, "ünïcode ☃"}
    assert "broken" not in page.value("document.title")
    assert page.value("document.querySelectorAll('script').length") == 2
    source = (folder / "hostile.html").read_text()
    assert source.count("<script") == 2  # none in the data


@needs_browser
def test_the_policy_stops_other_scripts(browser, folder, tmp_path):
    """The page's script runs by its hash, and one that was put into it does not."""
    source = (folder / "scores.html").read_text()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', source)[1]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy and "http" not in policy
    (tmp_path / "a.html").write_text(
        source.replace("</main>", "</main><script>document.title='broken'</script>"))
    browser.open(tmp_path / "a.html")
    assert browser.value("document.title") != "broken"
    assert any("Content Security Policy" in said for said in browser.said)


def test_the_page_is_what_its_sources_give():
    web = Path(__file__).resolve().parents[2] / "web"
    if shutil.which("node") is None or not (web / "node_modules" / "esbuild").is_dir():
        pytest.skip("the packages of web/ are not here: scripts/node.sh installs them")
    done = subprocess.run(["node", web / "build.mjs", "--check"], capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stderr


# ---- the command --------------------------------------------------------------------------------
@needs_browser
def test_several_runs_make_one_page(browser, folder, tmp_path):
    done = report(folder / "whole", folder / "scores", "--out", tmp_path / "a.html", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {"out": str(tmp_path / "a.html"), "runs": 2, "strategies": 4,
                    "bytes": (tmp_path / "a.html").stat().st_size}
    page = opened(browser, tmp_path / "a.html")
    names = {row["contestant"] for row in page.value(ROWS)}
    assert names == {f"{name} (whole)" for name in NAMES} | {"alone (scores)"}
    assert page.said == []


def damaged(path: Path, kind: str) -> None:
    h5 = path / "episodes.h5"
    if kind == "no summary":
        (path / "summary.json").unlink()
    elif kind == "a summary that is no JSON":
        (path / "summary.json").write_text('{"metrics": ')
    elif kind == "a summary that is a list":
        (path / "summary.json").write_text("[]")
    elif kind == "a summary with null bytes":
        (path / "summary.json").write_bytes(b"{}\0{}")
    elif kind == "a huge summary":
        with open(path / "summary.json", "wb") as file:
            file.truncate(1 << 40)
    elif kind == "no h5":
        h5.unlink()
    elif kind == "an h5 that is a folder":
        h5.unlink()
        h5.mkdir()
    elif kind == "an h5 cut short":
        h5.write_bytes(h5.read_bytes()[:-100])
    elif kind == "an empty h5":
        h5.write_bytes(b"")
    elif kind == "an h5 of zeros":
        h5.write_bytes(bytes(len(h5.read_bytes())))
    else:
        damage_inside(h5, kind)


def damage_inside(h5: Path, kind: str) -> None:
    with h5py.File(h5, "a", libver=("v110", "v110")) as file:
        table = file["a/episodes"]
        if kind == "another version":
            file.attrs["schema_version"] = np.int64(99)
        elif kind == "no seeds":
            del table["seed"]
        elif kind == "a metric of another length":
            del table["pnl"]
            table["pnl"] = np.zeros(3)
        elif kind == "a metric that is text":
            del table["pnl"]
            table["pnl"] = ["x"] * 40
        elif kind == "a metric without a unit":
            del table["pnl"].attrs["units"]
        elif kind == "a huge metric":
            del table["seed"]
            table.create_dataset("seed", shape=(1 << 50,), dtype="u8", chunks=(1 << 10,))
        elif kind == "huge chunks":
            del table["seed"]
            table.create_dataset("seed", shape=(40,), maxshape=(None,), dtype="u8",
                                 chunks=(1 << 24,))
        elif kind == "a metric in another file":
            del table["pnl"]
            table["pnl"] = h5py.ExternalLink("/etc/hostname", "/x")
            del table["seed"]
        elif kind == "a step of no episode":
            file["a/steps/episode"][3] = 10**12
        elif kind == "a table without a column":
            del file["a/fills/price"]
        elif kind == "a tick of nothing":
            file["a"].attrs["tick_size"] = np.nan
        else:
            raise AssertionError(kind)


DAMAGES = ["no summary", "a summary that is no JSON", "a summary that is a list",
           "a summary with null bytes", "a huge summary", "no h5", "an h5 that is a folder",
           "an h5 cut short", "an empty h5", "an h5 of zeros", "another version", "no seeds",
           "a metric of another length", "a metric that is text", "a metric without a unit",
           "a huge metric", "huge chunks", "a metric in another file", "a step of no episode",
           "a table without a column", "a tick of nothing"]


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_run_is_an_error_that_names_it(tmp_path, kind):
    write_run(tmp_path / "run", ["a"], steps=10)
    damaged(tmp_path / "run", kind)
    done = report(tmp_path / "run", "--out", tmp_path / "a.html")
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("hftsim: ") and str(tmp_path / "run") in done.stderr
    assert not (tmp_path / "a.html").exists()
    assert not (tmp_path / "a.html.part").exists()


def test_bytes_turned_anywhere_are_an_error_or_harmless(tmp_path):
    write_run(tmp_path / "run", ["a"], steps=10)
    h5 = tmp_path / "run" / "episodes.h5"
    whole = h5.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(150):
        broken = bytearray(whole)
        for at in rng.integers(0, len(whole), rng.integers(1, 6)):
            broken[at] ^= int(rng.integers(1, 256))
        h5.write_bytes(broken[:rng.integers(1, len(whole))] if rng.random() < 0.3 else broken)
        done = report(tmp_path / "run", "--out", tmp_path / "a.html")
        assert done.returncode in (0, 1), done.stderr
        if done.returncode == 0:
            page_data(tmp_path / "a.html")
            (tmp_path / "a.html").unlink()
        assert sorted(p.name for p in tmp_path.iterdir()) == ["run"]


def test_a_page_is_complete_or_not_there(folder, tmp_path):
    page = tmp_path / "a.html"
    page.write_text("mine")
    done = subprocess.run(
        [HFTSIM, "report", folder / "whole", "--out", page], capture_output=True, text=True,
        timeout=120, check=False, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY)))
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert page.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_no_run_is_a_usage_error():
    done = report()
    assert done.returncode == 2
    assert "hftsim report --help" in done.stderr
