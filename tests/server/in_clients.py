"""Clients that others wrote, against a server: Triton's, and TensorFlow Serving's way of asking.

`make serve-clients` runs it in an environment that has `tritonclient[http]` and `requests`. The server runs in that of
planish: PYTHON is its interpreter.
"""

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import requests
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio

ROOT = Path(__file__).parent.parent.parent
MAKE = """
import sys, numpy as np
from tests.server.conftest import pixels
model = pixels()
model.save(sys.argv[1] + "/pets.keras")
x = np.random.default_rng(0).random((64, 5, 4, 1), np.float32)
np.savez(sys.argv[1] + "/expected.npz", x=x, y=model.predict(x, verbose=0))
"""


def free_port():
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]


def given(x, binary):
    """Triton's input and output."""
    image = triton.InferInput("image", list(x.shape), "FP32")
    image.set_data_from_numpy(x, binary_data=binary)
    return {"inputs": [image], "outputs": [triton.InferRequestedOutput("scores", binary_data=binary)]}


def ask_triton(address, x, y):
    """One after another, on threads, with classes, packed."""
    client = triton.InferenceServerClient(address, concurrency=8)
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("pets")
    assert client.get_server_metadata()["name"] == "planish"
    assert client.get_model_metadata("pets")["inputs"][0]["shape"] == [-1, 5, 4, 1]
    for binary in (True, False):
        assert np.array_equal(client.infer("pets", **given(x, binary)).as_numpy("scores"), y)
        waiting = [client.async_infer("pets", **given(x[n : n + 1], binary), request_id=str(n)) for n in range(len(x))]
        for n, each in enumerate(waiting):
            answer = each.get_result()
            assert answer.get_response()["id"] == str(n)
            assert np.array_equal(answer.as_numpy("scores"), y[n : n + 1])
    packed = client.infer("pets", **given(x, True), request_compression_algorithm="gzip")
    assert np.array_equal(packed.as_numpy("scores"), y)
    classes = client.infer(
        "pets", given(x, True)["inputs"], outputs=[triton.InferRequestedOutput("scores", class_count=1)]
    )
    assert [int(row[0].split(b":")[1]) for row in classes.as_numpy("scores")] == y.argmax(1).tolist()
    try:
        client.infer("nothing", **given(x, True))
    except triton.InferenceServerException as error:
        refusal = str(error)
    assert "unknown model" in refusal
    client.close()


async def ask_triton_aio(address, x, y):
    """Many at once on one loop."""
    async with triton_aio.InferenceServerClient(address) as client:
        for binary in (True, False):
            answers = await asyncio.gather(
                *(client.infer("pets", **given(x[n : n + 1], binary)) for n in range(len(x)))
            )
            assert np.array_equal(np.concatenate([each.as_numpy("scores") for each in answers]), y)


def ask_as_tensorflow_serving(address, x, y):
    """The form of TensorFlow Serving's own example clients."""
    url = f"http://{address}/v1/models/pets:predict"
    data = json.dumps({"signature_name": "serving_default", "instances": x.tolist()})
    answer = requests.post(url, data=data, headers={"content-type": "application/json"}, timeout=90)
    answer.raise_for_status()
    assert np.array_equal(np.float32(answer.json()["predictions"]), y)
    status = requests.get(f"http://{address}/v1/models/pets", timeout=90).json()
    assert status["model_version_status"][0]["state"] == "AVAILABLE"


def main():
    """Starts a server, asks, and ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has planish")
    python = parser.parse_args().python
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-c", MAKE, folder], cwd=ROOT, check=True)
        saved = np.load(f"{folder}/expected.npz")
        x, y, port = saved["x"], saved["y"], free_port()
        for workers in ("1", "2"):
            command = [python, "-m", "planish", "serve", folder, "--port", str(port), "--workers", workers]
            with subprocess.Popen(command, cwd=ROOT) as server:
                try:
                    wait_for(port)
                    ask_triton(f"127.0.0.1:{port}", x, y)
                    asyncio.run(ask_triton_aio(f"127.0.0.1:{port}", x, y))
                    ask_as_tensorflow_serving(f"127.0.0.1:{port}", x, y)
                finally:
                    server.terminate()
                    server.wait(30)
            print(f"{workers} of its processes: every answer is that of predict")


def wait_for(port):
    """Until the server is ready, in all of its processes."""
    deadline, good = time.monotonic() + 120, 0
    while good < 20:
        assert time.monotonic() < deadline, "the server is not ready"
        try:
            good = good + 1 if requests.get(f"http://127.0.0.1:{port}/health", timeout=90).ok else 0
        except requests.ConnectionError:
            good = 0
        time.sleep(0.05)


if __name__ == "__main__":
    main()
