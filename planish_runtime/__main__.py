"""`python -m planish_runtime describe model.plan`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from planish_runtime.describing import describe
from planish_runtime.model import Model


def main(arguments: Sequence[str] | None = None) -> int:
    """0 for success, 2 for a mistake, which is told on standard error."""
    parser = argparse.ArgumentParser(prog="planish-runtime", description="Looks at models that planish has compiled.")
    parser.add_argument("command", choices=["describe", "test"], help="what is in a plan; or run the test that it has")
    parser.add_argument("plan", metavar="PLAN", help="a .plan file; `test` runs its code")
    parser.add_argument("--sha256", metavar="DIGEST", help="refuse the file if its digest is another one")
    given = parser.parse_args(["describe", *rest] if (rest := _after_option(arguments)) else arguments)
    try:
        text = describe(given.plan, given.sha256)
        if given.command == "test":
            text = f"{given.plan}: the test passes with the program for {Model(given.plan, given.sha256).target}"
    except (OSError, ValueError) as error:
        print(f"planish-runtime: error: {error}", file=sys.stderr)
        return 2
    print(text)
    return 0


def _after_option(arguments: Sequence[str] | None) -> list[str]:
    """What follows `--describe`, which may be written for `describe`."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    return given[1:] if given[:1] == ["--describe"] else []


if __name__ == "__main__":
    sys.exit(main())
