#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The numbers behind base-2 exponential histograms, in exact integer arithmetic.

usage: exponential_table.py                    prints include/nanotel/metrics/exponential_table.hpp
       exponential_table.py --check FILE       whether FILE is what would be printed
       exponential_table.py --closest          how near a double comes to a boundary of scale 20 (takes seconds)
       exponential_table.py --values N SEED    N lines "scale mantissa index": where 1.mantissa lies, scales 9 to 20
       exponential_table.py --bounds N SEED    N lines "scale index mantissa": the last double not above a boundary
"""

import math
import random
import sys

MANTISSA_BITS = 52
ONE = 1 << MANTISSA_BITS
SCALE = 8
BUCKETS = 1 << SCALE
CELL_BITS = 9

# For the reference beyond scale 8: fixed point with so many bits after the point that what 20 truncated products
# lose, 2^-195, is far less than --closest.
PRECISION = 200


def last_mantissa(power):
    """floor(2^(power / 256) * 2^52) - 2^52. The square root of a floor has the same floor as the square root."""
    root = 1 << (MANTISSA_BITS * BUCKETS + power)
    for _ in range(SCALE):
        root = math.isqrt(root)
    return root - ONE


def rows(numbers, per_row, text):
    for begin in range(0, len(numbers), per_row):
        yield "    " + ", ".join(map(text, numbers[begin : begin + per_row])) + ","


def header():
    last = [last_mantissa(power) for power in range(1, BUCKETS + 1)]
    width = 1 << (MANTISSA_BITS - CELL_BITS)
    first = [sum(1 for bound in last[:-1] if bound <= cell * width) for cell in range(1 << CELL_BITS)]
    for cell, bucket in enumerate(first):
        assert bucket == BUCKETS - 1 or last[bucket + 1] >= (cell + 1) * width, "two boundaries in one cell"
    lines = [
        "// SPDX-License-Identifier: MIT",
        "// Where the buckets of exponential histograms end at scale 8. Made by tests/metrics/exponential_table.py.",
        "#pragma once",
        "",
        "#include <nanotel/core/config.hpp>",
        "",
        "#include <cstdint>",
        "",
        "namespace nanotel::inline NANOTEL_ABI::detail {",
        "",
        "// clang-format off",
        "",
        "// Of each of the 256 buckets of an octave, the mantissa of the largest double in it:",
        "// floor((2^((i + 1) / 256) - 1) * 2^52).",
        "inline constexpr std::uint64_t exponential_last_mantissa[256] = {",
        *rows(last, 6, lambda number: f"0x{number:013x}"),
        "};",
        "",
        "// For each value of the mantissa's top 9 bits, the first of the two buckets that it can belong to.",
        "inline constexpr std::uint8_t exponential_first_bucket[512] = {",
        *rows(first, 16, lambda number: f"0x{number:02x}"),
        "};",
        "",
        "// clang-format on",
        "",
        "} // namespace nanotel::inline NANOTEL_ABI::detail",
    ]
    return "\n".join(lines) + "\n"


def roots():
    """roots()[i] = 2^(2^-i), rounded down."""
    result = [2 << PRECISION]
    while len(result) <= 20:
        result.append(math.isqrt(result[-1] << PRECISION))
    return result


def boundary(table, index, scale):
    """2^(index / 2^scale) for 0 <= index < 2^scale, at most 2^-195 too small."""
    product = 1 << PRECISION
    for bit in range(scale):
        if index >> bit & 1:
            product = product * table[scale - bit] >> PRECISION
    return product


def index_of(table, mantissa, scale):
    """The bucket of 1.mantissa: the exponent's bits are found one by one, from the largest. Never on a boundary."""
    value = (ONE + mantissa) << (PRECISION - MANTISSA_BITS)
    product, index = 1 << PRECISION, 0
    for step in range(1, scale + 1):
        index <<= 1
        larger = product * table[step] >> PRECISION
        if larger < value:
            product, index = larger, index + 1
    return index


def main(arguments):
    if not arguments:
        sys.stdout.write(header())
        return 0
    if arguments[0] == "--check" and len(arguments) == 2:
        with open(arguments[1], encoding="utf-8") as file:
            if file.read() == header():
                return 0
        print(f"{arguments[1]} is not what {sys.argv[0]} prints", file=sys.stderr)
        return 1
    table = roots()
    if arguments == ["--closest"]:
        # Every boundary of a lower scale is one of scale 20.
        unit = 1 << (PRECISION - MANTISSA_BITS)
        nearest = unit
        for index in range(1, 1 << 20):
            beyond = boundary(table, index, 20) % unit
            nearest = min(nearest, beyond, unit - beyond)
        print(f"2^{math.log2(nearest) - PRECISION:.2f}")
        return 0
    if len(arguments) == 3 and arguments[0] in ("--values", "--bounds"):
        source = random.Random(int(arguments[2]))
        for _ in range(int(arguments[1])):
            scale = source.randint(9, 20)
            if arguments[0] == "--values":
                mantissa = source.randrange(1, ONE)
                print(scale, mantissa, index_of(table, mantissa, scale))
            else:
                index = source.randrange(1, 1 << scale)
                print(scale, index, (boundary(table, index, scale) >> (PRECISION - MANTISSA_BITS)) - ONE)
        return 0
    print(__doc__, file=sys.stderr)
    return 2


sys.exit(main(sys.argv[1:]))
