"""Python's collector of cycles rests while programs are planned and written, and works afterwards as before."""

import gc
import os

import numpy as np
import pytest

from planish.codegen import compile as compiler
from planish.layers import Dense, Input
from planish.models import Sequential
from planish.runtime.collecting import collector_rests


@pytest.fixture(autouse=True)
def collector():
    assert gc.isenabled()
    yield
    gc.enable()


def test_it_rests_inside_and_works_afterwards():
    with collector_rests(), collector_rests():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_after_an_error():
    with pytest.raises(ValueError, match="inside"), collector_rests():
        raise ValueError("inside")
    assert gc.isenabled()


def test_it_stays_switched_off_where_the_user_did_that():
    gc.disable()
    with collector_rests():
        pass
    assert not gc.isenabled()


def test_it_rests_while_a_program_is_generated(monkeypatch):
    seen = []
    generate = compiler.generate

    def watched(*arguments, **named):
        seen.append(gc.isenabled())
        return generate(*arguments, **named)

    monkeypatch.setattr(compiler, "generate", watched)
    monkeypatch.setenv("PLANISH_CACHE_DIR", "off")
    Sequential([Input((7,)), Dense(3, activation="softmax")]).predict(np.zeros((2, 7), np.float32), verbose=0)
    assert seen
    assert not any(seen)
    assert gc.isenabled()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_it_works_in_a_child_that_is_forked_meanwhile():
    with collector_rests():
        child = os.fork()
        if not child:
            os._exit(0 if gc.isenabled() else 1)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
