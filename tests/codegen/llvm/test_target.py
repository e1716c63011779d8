"""Which processor code is generated for: the host's, or the lower one that PLANISH_TARGET names."""

import re

import pytest

from planish import primitives, settings
from planish.codegen import compile as compiler
from planish.codegen.llvm import target
from planish.codegen.planning.plan import Request
from planish.graph.graph import Graph
from planish.layers import Dense, Input
from planish.models import Sequential

KINDS = [
    ("avx512", ["avx512", "avx2", "x86-64"]),
    ("avx2", ["avx2", "x86-64"]),
    ("x86-64", ["x86-64"]),
    ("aarch64", ["aarch64"]),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind[0])
def host(request, monkeypatch):
    """A processor of each kind: (its name, the names of the targets that it runs)."""
    monkeypatch.setattr(target, "_best_name", lambda host: request.param[0])
    target.target_on.cache_clear()
    yield request.param
    target.target_on.cache_clear()


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("name", settings.TARGETS)
def test_a_known_target(host, monkeypatch, name, spelling):
    monkeypatch.setenv("PLANISH_TARGET", spelling(name))
    _, runnable = host
    if name in runnable:
        assert target.current_target().name == name
        return
    choices = ", ".join(repr(each) for each in runnable)
    message = f"PLANISH_TARGET is {name!r}: this processor cannot run it\n  expected: one of {choices}\n"
    with pytest.raises(ValueError, match=re.escape(message)):
        target.current_target()


@pytest.mark.parametrize("name", ["avx3", "AVX3", "Avx-512", "arm64"])
def test_an_unknown_target(host, monkeypatch, name):
    monkeypatch.setenv("PLANISH_TARGET", name)
    with pytest.raises(ValueError, match=re.escape(f"unknown PLANISH_TARGET {name!r}")) as caught:
        target.current_target()
    assert "did you mean" in str(caught.value)


def test_without_the_variable_the_best(host, monkeypatch):
    monkeypatch.delenv("PLANISH_TARGET", raising=False)
    assert target.current_target().name == host[0]


def object_for(name):
    x, w = primitives.input_("x", (6, 6, 3)), primitives.parameter("w", (3, 3, 3, 9))
    graph = Graph.build({"y": primitives.sigmoid(primitives.conv2d(x, w))})
    wanted = target.target_named(name)
    program = compiler.generate(Request(graph, {"x": "uint8"}, wanted, training=False))
    return compiler.object_code(program.text, wanted)


@pytest.mark.parametrize("name", target.PROCESSORS)
def test_code_for_a_named_processor_does_not_depend_on_the_machine(name, monkeypatch):
    first = object_for(name)
    other = target.Host("x86_64-unknown-linux-gnu", "nehalem", "+sse2")
    monkeypatch.setattr(target, "ask_llvm", lambda: other)
    monkeypatch.setenv("PLANISH_NUM_THREADS", "7")
    assert object_for(name) == first
    assert target.target_named(name).name == target.PROCESSORS[name].kind


def test_the_host_is_a_target_too():
    assert target.target_named("host") == target.current_target()


@pytest.mark.parametrize(("name", "meant"), [("avx2", None), ("arm64", "aarch64"), ("x86-64-v5", "x86-64-v")])
def test_a_processor_that_nobody_knows(name, meant):
    with pytest.raises(ValueError, match=re.escape(f"unknown target {name!r}")) as caught:
        target.target_named(name)
    assert "'host'" in str(caught.value)
    assert meant is None or f"did you mean '{meant}" in str(caught.value)


@pytest.mark.parametrize(("name", "word"), [("aarch64", "fmla"), ("avx512", "%zmm"), ("x86-64", "mulps")])
def test_code_that_this_processor_may_not_run_can_be_looked_at(name, word, monkeypatch):
    monkeypatch.setenv("PLANISH_TARGET", name)
    model = Sequential([Input((40,)), Dense(64)])
    assert word in model.program(emit="asm")
    assert f"target {name}:" in model.program(emit="plan")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"2": "512K\n", "3": "32768K\n"}, (2**19, 2**25)),
        ({"1": "48K", "2": "2048K"}, (2**21, target.ASSUMED.l3_nbytes)),
        ({"2": "many", "3": "-1K"}, target.ASSUMED),
        ({"2": "0K", "3": "9" * 40 + "K"}, (target.ASSUMED.l2_nbytes // 8, target.ASSUMED.l3_nbytes)),
        ({"2": "99999999K", "3": "K"}, (target.ASSUMED.l2_nbytes * 8, target.ASSUMED.l3_nbytes)),
        ({}, target.ASSUMED),
    ],
)
def test_sizes_of_caches(tmp_path, files, found):
    for level, size in files.items():
        index = tmp_path / f"index{level}"
        index.mkdir()
        (index / "level").write_text(level + "\n")
        (index / "size").write_text(size)
    (tmp_path / "index9").mkdir()
    assert target.caches_in(tmp_path) == found


def test_programs_are_kept_by_the_sizes_of_caches():
    one = target.make_target("avx2", "x86_64")
    assert one.key != one._replace(caches=target.Caches(2**20, 2**24)).key
