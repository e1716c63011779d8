"""Which processor code is generated for: the host's, or the lower one that PLANISH_TARGET names."""

import re

import pytest

from planish.codegen.llvm import target

KINDS = [
    ("avx512", ["avx512", "avx2", "x86-64"]),
    ("avx2", ["avx2", "x86-64"]),
    ("x86-64", ["x86-64"]),
    ("aarch64", ["aarch64"]),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind[0])
def host(request, monkeypatch):
    """A processor of each kind: (its name, the names of the targets that it runs)."""
    monkeypatch.setattr(target, "_best_name", lambda features: request.param[0])
    target.target_on.cache_clear()
    yield request.param
    target.target_on.cache_clear()


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("name", list(target._SHAPES))
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
