"""The bytes that docs/protocol.md shows are those of tests/golden/wire, which test_wire replays."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = re.compile(r"^`(\w+)\.bin`: .*?^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^((?:[0-9a-f]{2} )+) ?(.*)$")  # 16 bytes in hex, then as text


def shown(block: str) -> bytes:
    """The bytes of a block. Each row's text must be that of its bytes."""
    found = b""
    for line in block.splitlines():
        row = ROW.match(line)
        assert row, f"not a row of bytes: {line}"
        data = bytes.fromhex(row[1])
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
        assert row[2].strip() == text.strip(), f"{line}: its text is {text}"
        found += data
    return found


def main() -> int:
    page = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
    examples = EXAMPLE.findall(page)
    wrong = [
        name
        for name, block in examples
        if shown(block) != (ROOT / "tests/golden/wire" / f"{name}.bin").read_bytes()
    ]
    print(f"{len(examples)} examples, {len(wrong)} differ: {' '.join(wrong)}")
    return 1 if wrong or len(examples) < 7 else 0


if __name__ == "__main__":
    sys.exit(main())
