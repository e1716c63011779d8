"""The models that are served now: loaded from a folder, replaced when their files are, and given up when those go.

A new version is loaded and warmed up before it takes the place of an old one, which still answers what it has begun. A
file that cannot be served is told in the log and in the model's status; it stops nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass

from planish.serving.batching import Batcher, Watcher
from planish.serving.folder import Found, Key, Source, scan
from planish.serving.images import Decoder
from planish.serving.loaded import Loaded, load, warm_up
from planish.serving.options import Options
from planish.serving.refusals import NOT_FOUND, RefusedError
from planish.serving.sharing import shared

_LOG = logging.getLogger(__name__)

_BRIEF_SECONDS = 1e-4
"""What takes so long is computed at once if nobody waits."""

LOADING, AVAILABLE, FAILED = "LOADING", "AVAILABLE", "END"
"""What becomes of a version, in TensorFlow Serving's words."""


@dataclass(frozen=True)
class State:
    """Of a version of a model: what it is, and why it is not served."""

    state: str
    reason: str = ""


class Served:
    """A version of a model that answers. Those who use it are counted, so that it ends when nobody does any more."""

    def __init__(
        self, key: Key, source: Source, model: Loaded, seconds: float, options: Options, watch: Watcher
    ) -> None:
        self.name, self.version = key
        self.source = source
        self.model = model
        self.batcher = Batcher(
            self.name,
            model,
            max_batch=options.max_batch,
            max_delay=options.max_delay,
            max_queue=options.max_queue,
            timeout=options.timeout,
            brief_rows=int(_BRIEF_SECONDS / seconds) if model.joins else 0,
            watch=watch(*key),
        )
        self.decoders = [Decoder(each, model.smoothed, options.scale, options.max_pixels) for each in model.inputs]
        self._users = 0
        self._retired = False

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """While a request is being answered."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            self._end_if_unused()

    def retire(self) -> None:
        """Nobody finds it any more; who has found it is answered."""
        self._retired = True
        self._end_if_unused()

    def _end_if_unused(self) -> None:
        if self._retired and not self._users:
            self.batcher.close()


class Repository:
    """All methods belong to the loop's thread; files are read on others."""

    def __init__(self, options: Options, watch: Watcher) -> None:
        self.options = options
        self._watch = watch
        self._served: dict[str, dict[int, Served]] = {}
        self._labels: dict[str, dict[str, int]] = {}
        self._states: dict[Key, State] = {}
        self._tried: dict[Key, Source] = {}
        self._seen: dict[Key, Source] = {}
        self._told: dict[str, str] = {}
        self.ready = False
        """Whether every model that was there at first has been tried."""

    # -- what is served ----------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Of models that answer."""
        return sorted(self._served)

    def versions(self, name: str) -> list[int]:
        """Of a model, those that answer."""
        return sorted(self._served.get(name, ()))

    def find(self, name: str, version: int | None = None, label: str | None = None) -> Served:
        """A version of a model: the newest one if none is asked for. RefusedError if it does not answer."""
        if label is not None:
            version = self.labelled(name, label)
        served = self._served.get(name, {})
        found = served.get(version) if version is not None else served[max(served)] if served else None
        if found is None:
            asked = f"Latest({name})" if version is None else f"Specific({name}, {version})"
            raise RefusedError(f"Servable not found for request: {asked}", NOT_FOUND)
        return found

    def labelled(self, name: str, label: str) -> int:
        """The version that a label names. RefusedError if there is no such label."""
        version = self._labels.get(name, {}).get(label)
        if version is None:
            raise RefusedError(f"Unrecognized servable version label: {label}")
        return version

    def states(self, name: str) -> dict[int, State]:
        """Of all versions of a model that were ever found, the newest first."""
        found = {version: state for (each, version), state in self._states.items() if each == name}
        return dict(sorted(found.items(), reverse=True))

    # -- what is in the folder ---------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Looks at the folder again and again, until it is cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(self.options.poll_seconds)

    async def refresh(self) -> None:
        """Loads what is new, and gives up what is gone. A folder that cannot be read changes nothing."""
        options = self.options
        try:
            found = await asyncio.to_thread(
                scan, options.folder, allow_code=options.allow_code, versions=options.versions
            )
        except OSError as error:
            self._tell(options.folder, f"the folder cannot be read: {error}")
            return
        self._told.pop(options.folder, None)
        self._labels = found.labels
        self._give_up(found)
        for key, source in found.sources.items():
            if self._is_to_load(key, source):
                await self._load(key, source)
        self._seen = found.sources
        self._note_problems(found)
        if not self.ready:
            gc.freeze()  # what was loaded stays: the collector need not walk through it while requests wait
        self.ready = True

    def _is_to_load(self, key: Key, source: Source) -> bool:
        """A file that appears while the server runs may still be written: it has to look the same twice."""
        return self._tried.get(key) != source and (not self.ready or self._seen.get(key) == source)

    async def _load(self, key: Key, source: Source) -> None:
        self._tried[key] = source
        name, version = key
        old = self._served.get(name, {}).get(version)
        if old is None:
            self._states[key] = State(LOADING)
        _LOG.info("loading %s", source.path, extra={"model": name, "version": version})
        try:
            model, seconds = await asyncio.to_thread(self._ready_model, source)
            served = Served(key, source, model, seconds, self.options, self._watch)
        except Exception as error:  # readers of files raise errors of many kinds
            reason = (str(error) or type(error).__name__).replace(os.path.join(self.options.folder, ""), "")
            _LOG.error("not served: %s", reason, extra={"model": name, "version": version, "path": source.path})
            self._states[key] = State(FAILED if old is None else AVAILABLE, reason)
            return
        self._served.setdefault(name, {})[version] = served
        self._states[key] = State(AVAILABLE)
        _LOG.info("serving %s", source.path, extra={"model": name, "version": version})
        if old is not None:
            old.retire()

    def _ready_model(self, source: Source) -> tuple[Loaded, float]:
        """The model, and the seconds that it takes for one image. On a thread of its own."""
        options = self.options
        model = load(source.path) if options.shared is None else shared(source, options.shared)
        return model, warm_up(model, options.max_batch)

    def _give_up(self, found: Found) -> None:
        for key in [key for key in self._tried if key not in found.sources]:
            del self._tried[key]
            self._states.pop(key, None)
            name, version = key
            gone = self._served.get(name, {}).pop(version, None)
            if not self._served.get(name, True):
                del self._served[name]
            if gone is not None:
                _LOG.info("no longer serving %s", gone.source.path, extra={"model": name, "version": version})
                gone.retire()

    def _note_problems(self, found: Found) -> None:
        reported = {problem.key for problem in found.problems.values()}
        for key in [key for key in self._states if key not in found.sources and key not in reported]:
            del self._states[key]
        for path, (key, reason) in found.problems.items():
            self._tell(path, reason)
            if key not in found.sources:
                self._states[key] = State(FAILED, reason)

    def _tell(self, path: str, reason: str) -> None:
        """In the log, once."""
        if self._told.get(path) != reason:
            self._told[path] = reason
            _LOG.error("not served: %s", reason, extra={"path": path})

    async def close(self) -> None:
        """Waits until every model has answered what it was asked."""
        models = [served for versions in self._served.values() for served in versions.values()]
        self._served = {}
        for served in models:
            served.retire()
        for served in models:
            await served.batcher.closed()
