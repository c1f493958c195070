"""Accept the golden numbers of today: `python -m tests.golden.refresh --reason "why they moved"`."""

from __future__ import annotations

import argparse
import json
import sys

from tests.golden.measure import GOLDEN, differences, golden_plan, measure, read_golden


def main() -> int:
    """Write the record with its reason, and print what moved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reason", required=True, help="why the numbers moved; goes into the file and the changelog")
    reason = parser.parse_args().reason.strip()
    if not reason:
        parser.error("--reason is empty")
    record = measure(golden_plan())
    moved = differences(read_golden()["record"], record) if GOLDEN.exists() else ["first record"]
    text = json.dumps({"reason": reason, "record": record}, indent=2, ensure_ascii=False)
    GOLDEN.write_text(text + "\n", encoding="utf-8")
    print("\n".join(moved) or "nothing moved")
    return 0


if __name__ == "__main__":
    sys.exit(main())
