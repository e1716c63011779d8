"""`planish cache`: the compiled programs that are kept on disk."""

from __future__ import annotations

import argparse
import datetime
import os

from planish.cli.console import say, table

_SHOWN = 10


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "cache",
        help="show or clear the cache of compiled programs",
        description="Lists the compiled programs that are kept on disk, the last used first, or removes them.",
    )
    parser.add_argument("--clear", action="store_true", help="remove every program")
    parser.add_argument("--all", action="store_true", help=f"list every program (default: the last {_SHOWN} used)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    from planish.runtime import object_cache

    folder = object_cache.cache_folder()
    if folder is None:
        say("no cache: PLANISH_CACHE_DIR is 'off', or there is no home folder")
    elif arguments.clear:
        say(f"removed {object_cache.clear()} programs from {folder}")
    else:
        entries = object_cache.entries()
        shown = entries if arguments.all else entries[:_SHOWN]
        if shown:
            rows = [[entry.key[:12], f"{entry.nbytes / 1024:,.0f} KB", _time(entry.last_used)] for entry in shown]
            table(["program", "size", "last used"], rows, numbers=[1])
        if (reason := _hindrance(folder)) is not None:
            say(f"new programs are not kept: {reason}")
        say(f"{len(entries)} programs, {sum(entry.nbytes for entry in entries) / 2**20:,.1f} MB, in {folder}")


def _hindrance(folder: str) -> str | None:
    """Why programs cannot be kept in a folder, which may not exist yet."""
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        return f"{folder!r} is not a folder"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"{folder!r} cannot be written"


def _time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
