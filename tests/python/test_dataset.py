"""`hftsim gen` as a user of h5py and pandas meets it: an independent replay of a dataset's events
gives its trades and snapshots, and a dataset can be made again from what it says of itself."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

DAY = "2026-03-31"
LEVELS = 4
OPTIONS = ["--duration", "90s", "--seed", "11", "--day", DAY, "--levels", str(LEVELS),
           "--snapshot-ms", "250"]
BID, ASK = 0, 1


def gen(program: Path, out: Path, *arguments: str) -> None:
    subprocess.run([program, "gen", "--out", out, *arguments], check=True, timeout=60,
                   capture_output=True)


@pytest.fixture(scope="module")
def path(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dataset") / "market.h5"
    gen(program, out, *OPTIONS)
    return out


@pytest.fixture
def file(path: Path) -> Iterator[h5py.File]:
    with h5py.File(path) as opened:
        yield opened


@pytest.fixture
def day(file: h5py.File) -> h5py.Group:
    return file["SYMA"][DAY]


def columns(table: h5py.Group) -> dict[str, np.ndarray]:
    return {name: column[:] for name, column in table.items() if name != "level"}


class Book:
    """Orders by number; a dict keeps the order of their arrival."""

    def __init__(self) -> None:
        self.orders: dict[int, list[int]] = {}  # number: [side, price, qty]

    def levels(self, side: int) -> list[tuple[int, int, int]]:
        """(price, qty, orders) of each level, best first."""
        found: dict[int, list[int]] = {}
        for order_side, price, qty in self.orders.values():
            if order_side == side:
                level = found.setdefault(price, [0, 0])
                level[0] += qty
                level[1] += 1
        prices = sorted(found, reverse=side == BID)
        return [(price, *found[price]) for price in prices]

    def front(self, side: int) -> int:
        """The number of the order that must trade next."""
        sign = 1 if side == BID else -1
        mine = {number: order for number, order in self.orders.items() if order[0] == side}
        return max(mine, key=lambda number: sign * mine[number][1])  # the first of the best

    def apply(self, kind: str, event: dict[str, int]) -> None:
        number, qty = event["order"], event["qty"]
        if kind in ("EXPIRE", "REJECT"):
            return
        if kind == "ADD":
            assert number not in self.orders and qty > 0
            self.orders[number] = [event["side"], event["price"], qty]
            return
        order = self.orders[number]
        assert order[:2] == [event["side"], event["price"]]
        if kind == "TRADE":
            assert number == self.front(event["side"])
            assert event["left"] == order[2] - qty
        elif kind == "CANCEL":
            assert qty == order[2]
        else:
            assert kind == "REDUCE" and 0 < qty < order[2]
        order[2] -= qty
        if order[2] == 0:
            del self.orders[number]


def test_events_give_the_trades_and_the_snapshots(day: h5py.Group) -> None:
    kinds = {code: name for name, code in h5py.check_enum_dtype(day["events/kind"].dtype).items()}
    events, trades, snapshots = (columns(day[name]) for name in ("events", "trades", "snapshots"))
    assert len(events["time"]) > 1000 and len(trades["time"]) > 50
    assert (events["sequence"] == np.arange(1, len(events["time"]) + 1)).all()
    assert (np.diff(events["time"]) >= 0).all()
    assert (snapshots["time"] == np.arange(0, 90_250_000_000, 250_000_000)).all()

    is_trade = events["kind"] == {name: code for code, name in kinds.items()}["TRADE"]
    for column in ("time", "sequence", "price", "qty", "taker_owner"):
        assert (trades[column] == events[column][is_trade]).all()
    assert (trades["maker_order"] == events["order"][is_trade]).all()
    assert (trades["taker_order"] == events["taker"][is_trade]).all()
    assert (trades["maker_owner"] == events["owner"][is_trade]).all()
    assert (trades["aggressor"] == 1 - events["side"][is_trade]).all()

    book, done = Book(), 0
    for row, (time, sequence) in enumerate(zip(snapshots["time"], snapshots["sequence"],
                                               strict=True)):
        assert sequence == np.searchsorted(events["time"], time, side="right")
        for i in range(done, int(sequence)):
            event = {name: int(column[i]) for name, column in events.items()}
            book.apply(kinds[event["kind"]], event)
        done = int(sequence)
        sides = [book.levels(BID), book.levels(ASK)]
        for name, side in zip(("bid", "ask"), sides, strict=True):
            wanted = np.zeros((LEVELS, 3), dtype=int)
            for k, level in enumerate(side[:LEVELS]):
                wanted[k] = level
            for k, what in enumerate(("price", "qty", "count")):
                assert (snapshots[f"{name}_{what}"][row] == wanted[:, k]).all()
        if all(sides):
            bid, ask = (side[0][0] for side in sides)
            assert snapshots["spread"][row] == ask - bid > 0
            assert 2 * snapshots["mid"][row] == ask + bid


def test_a_table_is_one_line_of_pandas(day: h5py.Group) -> None:
    pandas = pytest.importorskip("pandas")
    trades = pandas.DataFrame({name: column[:] for name, column in day["trades"].items()})
    assert list(trades.columns) == ["time", "sequence", "price", "qty", "aggressor", "maker_order",
                                    "taker_order", "maker_owner", "taker_owner", "maker_rested",
                                    "maker_ahead", "maker_latency", "taker_latency"]
    assert all(kind.kind in "iu" for kind in trades.dtypes)
    owners = day["participants"].asstr()[:]
    assert set(trades["maker_owner"].map(dict(enumerate(owners)))) <= set(owners)


def test_everything_says_what_it_is(file: h5py.File, day: h5py.Group) -> None:
    assert file.attrs["schema_version"] == 1
    assert file.attrs["seed"] == 11
    assert file["SYMA"].attrs["tick_size"] == 0.01
    assert day.attrs["levels"] == LEVELS
    assert day.attrs["duration"] == 90_000_000_000
    assert list(day) == ["events", "trades", "snapshots", "participants"]
    for name in ("events", "trades", "snapshots"):
        assert day[name].attrs["description"]
        for column in day[name].values():
            assert column.attrs["units"] and column.attrs["description"]
            if not column.is_scale:
                assert column.dims[0][0].name == day[name]["time"].name
    assert day["snapshots/bid_qty"].dims[1]["level"][:].tolist() == [1, 2, 3, 4]


def test_a_dataset_is_made_again_from_its_own_attributes(program: Path, path: Path,
                                                         file: h5py.File, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(file.attrs["config"])
    again = tmp_path / "again.h5"
    gen(program, again, "--config", str(config), *OPTIONS)
    assert again.read_bytes() == path.read_bytes()
