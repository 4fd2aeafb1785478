#!/usr/bin/env python3
"""Compares the speed of the order book with another engine on one workload.

The two programs run alternately for several rounds, so that a slow phase of the machine affects
both. It prints the figures of each round and the medians of their ratios. The other program is
called as `PROGRAM FILE` for its throughput and as `PROGRAM FILE -l` for its latencies; it prints
lines that begin with THR (with `best ... NUMBER ns`), LAT (with `p99 NUMBER`) and TAPE (with
`ids HEX` and `full HEX`).
"""
import argparse
import json
import re
import statistics
import subprocess
import sys


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        sys.exit(f"the other engine did not print {pattern!r}")
    return match.group(1)


def measure_other(program: str, messages: str) -> dict:
    text = output_of(program, messages)
    latency = output_of(program, messages, "-l")
    return {"ns": float(found(r"THR .*? best .*? ([\d.]+) ns", text)),
            "p99": float(found(r"LAT .*? p99 +([\d.]+)", latency)),
            "tape": (found(r"TAPE .* ids (\w+)", text), found(r"TAPE .* full (\w+)", text))}


def measure_book(hftsim: str, messages: str, batch: int) -> dict:
    result = json.loads(output_of(hftsim, "bench", "book", "--messages", messages,
                                  "--batch", str(batch), "--json"))
    return {"ns": result["ns_per_msg"], "p99": result["p99_ns"],
            "tape": (result["tape_ids"], result["tape_full"])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--hftsim", default="build/release/bin/hftsim", metavar="PROGRAM")
    parser.add_argument("--other", required=True, metavar="PROGRAM", help="the other engine")
    parser.add_argument("--messages", required=True, metavar="FILE", help="the workload")
    parser.add_argument("--batch", type=int, default=1, metavar="N", help="batch size (1)")
    parser.add_argument("--rounds", type=int, default=5, metavar="R", help="number of rounds (5)")
    a = parser.parse_args()
    ratios, p99_ratios = [], []
    for number in range(1, a.rounds + 1):
        other = measure_other(a.other, a.messages)
        book = measure_book(a.hftsim, a.messages, a.batch)
        if book["tape"] != other["tape"]:
            sys.exit(f"the engines' trades differ: {book['tape']} and {other['tape']}")
        ratios.append(other["ns"] / book["ns"])
        p99_ratios.append(book["p99"] / other["p99"])
        print(f"round {number}: {book['ns']:7.2f} ns per message against {other['ns']:7.2f}, "
              f"{ratios[-1]:5.2f} times as fast; p99 {book['p99']:6.1f} ns against "
              f"{other['p99']:6.1f}", flush=True)
    print(f"median:  {statistics.median(ratios):.2f} times as fast, "
          f"p99 {statistics.median(p99_ratios):.3f} of the other's")


if __name__ == "__main__":
    main()
