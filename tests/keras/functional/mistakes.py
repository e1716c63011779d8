"""Wrong uses of functional models: `library` is the module planish, or keras. Needs NumPy only."""

import numpy as np

MISTAKES = {}


def mistake(function):
    MISTAKES[function.__name__.replace("_", " ")] = function
    return function


def two_in(keras):
    a, b = keras.Input((3,), name="a"), keras.Input((4,), name="b")
    return keras.Model([a, b], keras.layers.Dense(2)(keras.layers.Concatenate()([a, b])))


def two_out(keras, **settings):
    a = keras.Input((3,), name="a")
    model = keras.Model(a, [keras.layers.Dense(2, name="p")(a), keras.layers.Dense(1, name="q")(a)])
    model.compile("sgd", **settings)
    return model


def rows(count, size):
    return np.ones((count, size), np.float32)


@mistake
def outputs_that_do_not_come_from_the_inputs(keras):
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    keras.Model(a, keras.layers.Add()([a, b]))


@mistake
def an_input_that_is_not_a_tensor(keras):
    a = keras.Input((3,))
    keras.Model(np.zeros((1, 3)), keras.layers.Dense(2)(a))


@mistake
def an_output_that_is_not_a_tensor(keras):
    a = keras.Input((3,))
    keras.Model(a, np.zeros((1, 3)))


@mistake
def an_output_that_is_a_layer(keras):
    a = keras.Input((3,))
    keras.Model(a, keras.layers.Dense(2))


@mistake
def the_same_input_twice(keras):
    a = keras.Input((3,))
    keras.Model([a, a], keras.layers.Dense(2)(a))


@mistake
def two_layers_of_one_name(keras):
    a = keras.Input((3,))
    x = keras.layers.Dense(2, name="twin")(a)
    keras.Model(a, keras.layers.Dense(2, name="twin")(x))


@mistake
def two_inputs_of_one_name(keras):
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="a")
    keras.Model([a, b], keras.layers.Add()([a, b]))


@mistake
def shapes_that_do_not_add(keras):
    keras.layers.Add()([keras.Input((3,)), keras.Input((4,))])


@mistake
def shapes_that_do_not_concatenate(keras):
    keras.layers.Concatenate(axis=1)([keras.Input((3, 4)), keras.Input((3, 5))])


@mistake
def a_merge_of_one_tensor(keras):
    keras.layers.Add()([keras.Input((3,))])


@mistake
def a_merge_of_no_list(keras):
    keras.layers.Add()(keras.Input((3,)))


@mistake
def a_concatenation_of_no_list(keras):
    keras.layers.Concatenate()(keras.Input((3,)))


@mistake
def subtract_of_three(keras):
    keras.layers.Subtract()([keras.Input((3,)), keras.Input((3,)), keras.Input((3,))])


@mistake
def dot_of_axes_of_different_sizes(keras):
    keras.layers.Dot(axes=1)([keras.Input((3,)), keras.Input((4,))])


@mistake
def a_concatenation_along_an_axis_that_is_not_there(keras):
    keras.layers.Concatenate(axis=4)([keras.Input((3, 4)), keras.Input((3, 4))])


@mistake
def the_truth_of_a_tensor(keras):
    if keras.Input((3,)) > 0:
        pass


@mistake
def a_loop_over_a_tensor(keras):
    for _ in keras.Input((3,)):
        pass


@mistake
def a_tensor_as_a_number(keras):
    float(keras.Input((3,)))


@mistake
def numpy_of_a_tensor(keras):
    np.asarray(keras.Input((3,)))


@mistake
def a_layer_called_on_too_few_dimensions(keras):
    keras.layers.Conv2D(2, 3)(keras.Input((8, 8)))


@mistake
def a_shared_layer_called_on_another_size(keras):
    dense = keras.layers.Dense(2)
    dense(keras.Input((3,)))
    dense(keras.Input((4,)))


@mistake
def one_array_for_two_inputs(keras):
    two_in(keras).predict(rows(2, 3), verbose=0)


@mistake
def three_arrays_for_two_inputs(keras):
    two_in(keras).predict([rows(2, 3), rows(2, 4), rows(2, 4)], verbose=0)


@mistake
def arrays_in_the_wrong_order(keras):
    two_in(keras).predict([rows(2, 4), rows(2, 3)], verbose=0)


@mistake
def arrays_of_different_lengths(keras):
    two_in(keras).predict([rows(2, 3), rows(5, 4)], verbose=0)


@mistake
def a_name_is_missing_in_the_data(keras):
    two_in(keras).predict({"a": rows(2, 3)}, verbose=0)


@mistake
def a_wrong_name_in_the_data(keras):
    two_in(keras).predict({"a": rows(2, 3), "c": rows(2, 4)}, verbose=0)


@mistake
def one_loss_too_few(keras):
    model = two_out(keras, loss=["mse"])
    model.fit(rows(4, 3), [rows(4, 2), rows(4, 1)], verbose=0)


@mistake
def a_loss_for_a_name_that_is_not_an_output(keras):
    model = two_out(keras, loss={"p": "mse", "r": "mse"})
    model.fit(rows(4, 3), [rows(4, 2), rows(4, 1)], verbose=0)


@mistake
def one_target_for_two_outputs(keras):
    two_out(keras, loss=["mse", "mse"]).fit(rows(4, 3), rows(4, 2), verbose=0)


@mistake
def a_name_is_missing_in_the_targets(keras):
    two_out(keras, loss={"p": "mse", "q": "mse"}).fit(rows(4, 3), {"p": rows(4, 2)}, verbose=0)


@mistake
def targets_of_different_lengths(keras):
    two_out(keras, loss=["mse", "mse"]).fit(rows(4, 3), [rows(4, 2), rows(3, 1)], verbose=0)


@mistake
def too_many_loss_weights(keras):
    model = two_out(keras, loss=["mse", "mse"], loss_weights=[1, 2, 3])
    model.fit(rows(4, 3), [rows(4, 2), rows(4, 1)], verbose=0)


@mistake
def a_loss_weight_for_a_name_that_is_not_an_output(keras):
    model = two_out(keras, loss={"p": "mse", "q": "mse"}, loss_weights={"r": 1.0})
    model.fit(rows(4, 3), [rows(4, 2), rows(4, 1)], verbose=0)


@mistake
def metrics_for_a_name_that_is_not_an_output(keras):
    model = two_out(keras, loss=["mse", "mse"], metrics={"r": ["mae"]})
    model.fit(rows(4, 3), [rows(4, 2), rows(4, 1)], verbose=0)


@mistake
def class_weights_for_two_outputs(keras):
    two_out(keras, loss=["mse", "mse"]).fit(
        rows(4, 3), [rows(4, 2), rows(4, 1)], class_weight={0: 1.0, 1: 2.0}, verbose=0
    )


@mistake
def a_layer_name_that_is_not_in_the_model(keras):
    two_in(keras).get_layer("absent")


@mistake
def a_layer_index_beyond_the_end(keras):
    two_in(keras).get_layer(index=17)


@mistake
def the_output_of_a_layer_that_was_never_called(keras):
    keras.layers.Dense(2).output  # noqa: B018


@mistake
def the_output_of_a_layer_that_was_called_twice(keras):
    dense = keras.layers.Dense(3)
    dense(dense(keras.Input((3,))))
    dense.output  # noqa: B018


@mistake
def flatten_behind_an_unknown_size(keras):
    x = keras.layers.Flatten()(keras.Input((None, None, 3)))
    keras.layers.Dense(2)(x)


@mistake
def model_without_outputs(keras):
    keras.Model(keras.Input((3,)))


@mistake
def an_operation_of_shapes_that_do_not_broadcast(keras):
    keras.Input((3,)) + keras.Input((4,))


@mistake
def a_slice_beyond_the_dimensions(keras):
    keras.Input((3,))[:, 0, 0]
