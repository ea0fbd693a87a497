"""`make bench`: our server beside its peers, CPU time per request, in interleaved rounds; then routing.

With `BENCH_OPTIONS=--scale` also what generating large contracts costs, and how soon their servers answer.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from pathlib import Path

from tests.benchmarks import scale
from tests.benchmarks.comparison import Results, compare, table

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "1500"))
BUILD = Path("build/bench")
REFERENCE = "raw"


def main() -> None:
    results = compare(ROUNDS, REQUESTS)
    keep(results)
    print("\n".join(table(results, REFERENCE)))
    scale.report_routing()
    if "--scale" in sys.argv:
        scale.report_generation()
        scale.report_start(scale.scaled(1223))


def keep(results: Results) -> None:
    """The medians over the rounds as JSON."""
    rows = {
        scenario: {
            server: {
                "cpu_us": round(statistics.median(one.cpu_microseconds for one in found), 1),
                "requests_per_second": round(statistics.median(one.rate for one in found), 1),
                "p99_ms": round(statistics.median(one.percentile(0.99) for one in found), 2),
            }
            for server, found in servers.items()
        }
        for scenario, servers in results.items()
    }
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
