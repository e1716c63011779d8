"""A folder of small models, and the server's application on a loop of its own, asked without a network."""

import asyncio
import json
import threading

import numpy as np
import pytest

import planish as keras
from planish.layers import Concatenate, Conv2D, Dense, Flatten, Input
from planish.serving.http.application import application
from planish.serving.http.service import Service
from planish.serving.options import Options

NAMES = ["cat", "dog", "eel"]


def pixels(seed=0):
    """A net for pictures of 5 x 4 pixels."""
    keras.utils.set_random_seed(seed)
    layers = [Conv2D(3, 2, activation="relu"), Flatten(), Dense(3, activation="softmax", name="scores")]
    model = keras.Sequential([Input((5, 4, 1), name="image"), *layers])
    model.notes["class_names"] = NAMES
    return model


def two_ends():
    """A net of two inputs and two outputs."""
    a, b = Input((4,), name="a"), Input((3,), name="b")
    return keras.Model([a, b], [Dense(2, name="left")(a), Dense(1, name="right")(Concatenate()([a, b]))])


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """The folder."""
    folder = tmp_path_factory.mktemp("models")
    for version in (1, 2):
        (folder / "pets" / str(version)).mkdir(parents=True)
        pixels(version).save(folder / "pets" / str(version) / "model.keras")
    (folder / "pets" / "version_labels.json").write_text('{"stable": 1}')
    two_ends().save(folder / "ends.keras")
    keras.Sequential([Input((2,), name="x"), Dense(1)]).save(folder / "line.keras")
    (folder / "broken.keras").write_bytes(b"PK\3\4nothing")
    return folder


class Answer:
    """What came back."""

    def __init__(self, messages):
        self.status = messages[0]["status"]
        self.headers = dict(messages[0]["headers"])
        self.body = b"".join(each.get("body", b"") for each in messages[1:])

    @property
    def json(self):
        """The body, which may have NaN."""
        return json.loads(self.body)

    @property
    def error(self):
        """The reason of a refusal."""
        assert list(self.json) == ["error"]
        return self.json["error"]


class Asker:
    """Asks an application, which lives on a thread's loop."""

    def __init__(self, options):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.service = self.wait(self.begun(options))
        self.app = application(self.service)

    async def begun(self, options):
        """A service with its models loaded."""
        service = Service(options)
        await service.repository.refresh()
        return service

    def wait(self, coroutine):
        """Its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def model(self, name, version=None):
        """What is served under a name."""
        return self.service.repository.find(name, version)

    async def asked(self, method, path, body, headers):
        """The answer to a request."""
        sent, parts = [], [body] if isinstance(body, bytes) else list(body)

        async def receive():
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b""}
        fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self.app({**scope, "headers": fields, "state": {}}, receive, send)
        return Answer(sent)

    def get(self, path, **headers):
        """The answer to a GET."""
        return self.wait(self.asked("GET", path, b"", headers))

    def post(self, path, document, headers=()):
        """The answer to a POST of JSON, of bytes, or of bytes in several parts."""
        body = document if isinstance(document, bytes | tuple) else json.dumps(document).encode()
        return self.wait(self.asked("POST", path, body, dict(headers)))

    def close(self):
        """Ends it."""
        self.wait(self.service.close())
        self.loop.call_soon_threadsafe(self.loop.stop)


@pytest.fixture(scope="package")
def server(models):
    """An application with all of the models."""
    asker = Asker(Options(str(models), scale=255, max_batch=8))
    yield asker
    asker.close()


@pytest.fixture(scope="session")
def images():
    """Three images for `pixels`."""
    return np.random.default_rng(0).random((3, 5, 4, 1), np.float32)
