#!/usr/bin/env python3
"""Writes ziggurat_tables.h: the layers of the ziggurats for the exponential and the half-normal
density (Marsaglia and Tsang, "The Ziggurat Method for Generating Random Variables", 2000).

Each of the 256 layers has the same area v. Layer i >= 1 is a rectangle of width x[i] between the
heights f(x[i]) and f(x[i+1]); layer 0 is the rectangle below f(r), r = x[1], and the tail beyond
r; x[0] = v / f(r) makes it as likely as any other. r is found by bisection on f(x[256]) = 1.

Run it as: python3 sim/base/ziggurat_tables.py > sim/base/ziggurat_tables.h
"""
import math

LAYERS = 256


def layers(r, density, inverse, tail):
    """Widths for a guess of r, or None if the layers reach the top of the density too early."""
    v = r * density(r) + tail(r)
    x = [v / density(r), r]
    while len(x) < LAYERS:
        height = density(x[-1]) + v / x[-1]
        if height >= 1.0:
            return None
        x.append(inverse(height))
    return x + [0.0], density(x[-1]) + v / x[-1]


def solve(low, high, density, inverse, tail):
    for _ in range(200):
        middle = (low + high) / 2
        found = layers(middle, density, inverse, tail)
        if found is None or found[1] > 1.0:
            low = middle
        else:
            high = middle
    return layers(high, density, inverse, tail)[0]


def array(name, values):
    rows = [f"const double {name}[{len(values)}] = {{"]
    for i in range(0, len(values), 4):
        rows.append("    " + " ".join(v.hex() + "," for v in values[i:i + 4]))
    return "\n".join(rows + ["};"])


def main():
    exponential = solve(5, 10, lambda x: math.exp(-x), lambda y: -math.log(y),
                        lambda r: math.exp(-r))
    normal = solve(3, 5, lambda x: math.exp(-x * x / 2), lambda y: math.sqrt(-2 * math.log(y)),
                   lambda r: math.sqrt(math.pi / 2) * math.erfc(r / math.sqrt(2)))
    print("// Written by ziggurat_tables.py; do not edit.")
    print("#ifndef HFTSIM_SIM_BASE_ZIGGURAT_TABLES_H\n#define HFTSIM_SIM_BASE_ZIGGURAT_TABLES_H\n")
    print("// clang-format off")
    print(array("hft_exponential_x", exponential))
    print("static " + array("exponential_f", [math.exp(-x) for x in exponential]))
    print(array("hft_normal_x", normal))
    print("static " + array("normal_f", [math.exp(-x * x / 2) for x in normal]))
    print("// clang-format on\n\n#endif")


if __name__ == "__main__":
    main()
