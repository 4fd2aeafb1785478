#!/usr/bin/env python3
"""Writes the sample tape of data/sample, which configs/replay.yaml uses: ten minutes of synthetic
messages in LOBSTER's format, and the book after each message.

  sample_tape.py FOLDER     writes both files there
  sample_tape.py --check    compares them with those in data/sample

Orders are drawn at random around a price near 100. The book is a plain list of orders for each
price and shares no code with the simulator, so that the tape is an independent reference for it.
The tape also has what a flow cannot know: orders from before the beginning of the file, hidden
executions, and orders with several fills.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample"
NAME = "SYMA_2026-01-02_34200000_34800000_{}_5.csv"
LEVELS = 5
OPEN_S, END_S = 34200, 34800
RATE = 3.0  # orders and cancellations per second
TICK = 100  # USD x 10,000
MIDDLE = 10000  # ticks
BUY, SELL = 1, -1


class Tape:
    """The state of the market, and the lines written so far."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.queues: dict[tuple[int, int], list[list[int]]] = {}  # (side, price): [id, size]
        self.next_id = 1
        self.now = float(OPEN_S)
        self.messages: list[str] = []
        self.books: list[str] = []

    def below(self, count: int) -> int:
        return int(self.random.random() * count)

    def geometric(self, mean: float) -> int:
        return 1 + int(math.log(1 - self.random.random()) / math.log(1 - 1 / mean))

    def prices(self, side: int) -> list[int]:
        """The prices of a side with resting orders, best first."""
        return sorted((p for s, p in self.queues if s == side), reverse=side == BUY)

    def write(self, kind: int, order: int, size: int, price: int, side: int) -> None:
        self.messages.append(f"{self.now:.9f},{kind},{order},{size},{price * TICK},{side}\n")
        columns = []
        bids, asks = self.prices(BUY), self.prices(SELL)
        for level in range(LEVELS):
            for side_, prices, empty in ((SELL, asks, 9999999999), (BUY, bids, -9999999999)):
                if level < len(prices):
                    queue = self.queues[side_, prices[level]]
                    columns += [prices[level] * TICK, sum(size for _, size in queue)]
                else:
                    columns += [empty, 0]
        self.books.append(",".join(map(str, columns)) + "\n")

    def rest(self, side: int, price: int, size: int) -> int:
        order = self.next_id
        self.next_id += 1 + self.below(9)
        self.queues.setdefault((side, price), []).append([order, size])
        return order

    def leave(self, side: int, price: int, place: int, size: int) -> tuple[int, bool]:
        """Reduces an order by size; returns its id and whether it is gone."""
        queue = self.queues[side, price]
        order = queue[place]
        order[1] -= size
        if order[1] > 0:
            return order[0], False
        del queue[place]
        if not queue:
            del self.queues[side, price]
        return order[0], True

    def open(self) -> None:
        """Adds orders from before the file begins, several per level, and its first message."""
        for level in range(LEVELS):
            for side in (BUY, SELL):
                for _ in range(2 + self.below(3)):
                    self.rest(side, MIDDLE - side * (1 + level), 10 + self.geometric(20))
        self.next_id += 1000
        self.now += 0.004
        size = 10
        self.write(1, self.rest(BUY, MIDDLE - 1, size), size, MIDDLE - 1, BUY)

    def limit(self) -> None:
        """Sends a limit order behind the opposite best price, rarely inside the spread."""
        side = BUY if self.random.random() < 0.5 else SELL
        opposite = self.prices(-side)
        reference = opposite[0] if opposite else MIDDLE + side
        price = reference - side * min(self.geometric(4), 25)
        if abs(price - MIDDLE) < 200:
            size = self.geometric(20)
            self.write(1, self.rest(side, price, size), size, price, side)

    def take(self) -> None:
        """Sends a marketable order: one execution for every order that it meets."""
        bids, asks = self.prices(BUY), self.prices(SELL)
        if len(bids) < 3 or len(asks) < 3:
            return
        middle = (bids[0] + asks[0]) / 2
        # Trades that move the price back towards the middle are slightly more frequent.
        resting = SELL if self.random.random() < 0.5 + (MIDDLE - middle) / 100 else BUY
        size = self.geometric(60)
        price = self.prices(resting)[0]
        while size > 0 and (resting, price) in self.queues:
            part = min(size, self.queues[resting, price][0][1])
            order, _ = self.leave(resting, price, 0, part)
            self.write(4, order, part, price, resting)
            size -= part

    def cancel(self) -> None:
        """Cancels a random order, one time in five in part."""
        orders = [(s, p, k) for (s, p), q in sorted(self.queues.items()) for k in range(len(q))]
        if len(orders) < 24:
            return
        side, price, place = orders[self.below(len(orders))]
        size = self.queues[side, price][place][1]
        part = 1 + self.below(size - 1) if size > 1 and self.random.random() < 0.2 else size
        order, gone = self.leave(side, price, place, part)
        self.write(3 if gone else 2, order, part, price, side)

    def hide(self) -> None:
        """Trades a hidden order between the best prices; the book does not change."""
        bids, asks = self.prices(BUY), self.prices(SELL)
        if asks[0] - bids[0] > 1:
            self.write(5, 0, self.geometric(20), bids[0] + 1, BUY)

    def run(self) -> None:
        self.open()
        while True:
            self.now += round(-math.log(1 - self.random.random()) / RATE, 9)
            if self.now >= END_S:
                return
            draw = self.random.random()
            if draw < 0.5:
                self.limit()
            elif draw < 0.6:
                self.take()
            elif draw < 0.98:
                self.cancel()
            else:
                self.hide()


def write(folder: Path) -> list[Path]:
    tape = Tape(seed=1)
    tape.run()
    paths = []
    for what, lines in (("message", tape.messages), ("orderbook", tape.books)):
        paths.append(folder / NAME.format(what))
        paths[-1].write_text("".join(lines), encoding="ascii", newline="\n")
    return paths


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check == (arguments.folder is not None):
        parser.error("give a folder, or --check")
    if not arguments.check:
        for path in write(arguments.folder):
            print(path)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for path in write(Path(folder)):
            if path.read_bytes() != (SAMPLE / path.name).read_bytes():
                print(f"{SAMPLE / path.name} differs from the output of this program")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
