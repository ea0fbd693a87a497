"""`python -m tests.contract.statuses`: which documented answers the last whole test run saw, and which not."""

from __future__ import annotations

from tests.contract.recorder import REPORT, read, summary


def main() -> int:
    """Print the report of the last run."""
    if not REPORT.exists():
        print(f"There is no {REPORT}: run the whole suite first (`make test`).")
        return 2
    lines = summary(read(REPORT), names=True)
    print("\n".join(lines))
    return 1 if len(lines) > 1 else 0


if __name__ == "__main__":
    raise SystemExit(main())
