"""The page's script run by Node, without a browser: what it computes of a model."""

import json
import shutil
import subprocess

import pytest

from planish.explain import page

_PROGRAM = """
const cases = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const answer = async ([name, { source, image, given, off, slope, engine }]) => {
  const script = computationOf(source);
  const model = engine ? withCompiled(script, await compiledEngine(engine.module, script.nodes)) : script;
  const silent = new Map((off ?? []).map(([id, channels]) => [id, new Set(channels)]));
  const values = given ? model.complete(given.map((each) => each ? floatsOf(each) : undefined), silent)
    : model.computeAll(floatsOf(image), silent);
  const slopes = slope ? model.slopesOf(values, slope[0], slope[1], silent) : [];
  return [name, { values: values.map((each) => [...each]), slopes: slopes.map((each) => [...each]) }];
};
Promise.all(Object.entries(cases).map(answer)).then((all) => console.log(JSON.stringify(Object.fromEntries(all))));
"""


def answers(cases):
    """{name: {"values": ..., "slopes": ...}}: a list of numbers for each node, for {name: {"source", "image", ...}}.

    With an "engine", the model computes that is compiled to WebAssembly.
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node to run the page's script")
    program = page.source("computing.js") + page.source("engine.js") + _PROGRAM
    finished = subprocess.run(
        [node, "--eval", program], input=json.dumps(cases), capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    return json.loads(finished.stdout)
