"""Operations that take any number of operands, in configurations."""

import numpy as np
import pytest

import planish
from planish import ops
from planish.layers import Input


@pytest.mark.parametrize("count", [1, 2, 3])
def test_operands_of_einsum_are_written_one_by_one_as_keras_does(count):
    x = Input((4, 6))
    model = planish.Model(x, ops.einsum(",".join(["bij"] * count) + "->bi", *[x] * count))
    config = model.get_config()
    call = config["layers"][1]["inbound_nodes"][0]
    assert [argument["class_name"] for argument in call["args"]] == ["__keras_tensor__"] * count
    values = np.random.default_rng(0).random((3, 4, 6), np.float32)
    again = planish.Model.from_config(config)
    assert np.array_equal(again.predict(values, verbose=0), model.predict(values, verbose=0))
