"""Models in C: what the system's compiler makes of the files computes what `predict` gives, and needs nothing."""

import ctypes
import re
import shutil
import subprocess

import numpy as np
import pytest

import planish
from planish import ops, shipping
from planish.codegen.llvm import target
from planish.layers import (
    Add,
    AveragePooling2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    UpSampling2D,
)
from planish.models import Model, Sequential
from planish.shipping import c_names
from tests.shipping.support import blog, flat, images_for, residual, same, several

COMPILER = shutil.which("cc") or shutil.which("gcc")
COMPILED = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
TOOLS = pytest.mark.skipif(
    not (shutil.which("nm") and shutil.which("readelf")), reason="there are no tools for object files"
)
STRICT = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror"]


def run(folder, *words):
    done = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def built_example(folder, stem):
    """Position-independent, as distributions have programs."""
    run(folder, COMPILER, *STRICT, "-pie", "-fPIE", f"{stem}_example.c", "-L.", f"-l{stem}", "-o", "example")


def shared(folder, stem):
    """The library as one that can be loaded."""
    run(folder, COMPILER, "-shared", "-Wl,--whole-archive", f"lib{stem}.a", "-Wl,--no-whole-archive", "-o", "it.so")
    return ctypes.CDLL(str(folder / "it.so"))


def printed(text):
    """The numbers that an example prints, as float32, by their outputs."""
    found = {}
    for name, number in re.findall(r"^(\w+) \d+ (\S+)$", text, re.MULTILINE):
        found.setdefault(name, []).append(np.float32(float(number)))
    return [np.array(numbers) for numbers in found.values()]


@COMPILED
@pytest.mark.parametrize("make", [blog, residual, several])
def test_the_example_computes_what_the_model_predicts(make, tmp_path):
    model = make()
    report = shipping.build(model, tmp_path / "net", emit="c", targets="host")
    assert "read-only memory" in report
    built_example(tmp_path, "net")
    assert run(tmp_path, "./example").count("the test passes") == len(model.output_specs)
    x = images_for(model, 1)
    arrays = x if isinstance(x, list) else [x]
    for place, array in enumerate(arrays):
        array.tofile(tmp_path / f"{place}.raw")
    found = printed(run(tmp_path, "./example", *(f"{place}.raw" for place in range(len(arrays)))))
    expected = [array.ravel() for array in flat(model.predict(x, verbose=0))]
    assert [each.tobytes() for each in found] == [each.tobytes() for each in expected]


@COMPILED
def test_an_example_reads_whole_images_only(tmp_path):
    shipping.build(blog(), tmp_path / "net", emit="c", form="object", prefix="digits")
    run(tmp_path, COMPILER, *STRICT, "net_example.c", "net.o", "-o", "example")
    for nbytes in (0, 14 * 14 * 4 - 1, 14 * 14 * 4 + 1):
        (tmp_path / "image.raw").write_bytes(bytes(nbytes))
        done = subprocess.run(["./example", "image.raw"], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (2, "image.raw: a file of 784 bytes is expected\n")


@COMPILED
def test_an_example_may_have_nothing_to_compare(tmp_path):
    model = Sequential([Input((6, 6, 1)), UpSampling2D(6)])
    shipping.build(model, tmp_path / "net", emit="c")
    built_example(tmp_path, "net")
    assert run(tmp_path, "./example").count("\n") == 36 * 36


@COMPILED
def test_many_images_of_bytes_in_a_library_that_is_loaded(tmp_path):
    model = residual()
    shipping.build(model, tmp_path / "net", emit="c", targets="host", dtypes="uint8")
    library = shared(tmp_path, "net")
    assert "const uint8_t *image," in (tmp_path / "net.h").read_text()
    x = images_for(model, 61, np.uint8)
    y, work = np.zeros((61, 4), np.float32), np.zeros(library.net_work_nbytes() // 8, np.uint64)
    assert library.net_init(ctypes.c_void_p(work.ctypes.data), ctypes.c_size_t(work.nbytes)) == 0
    arrays = [ctypes.c_void_p(each.ctypes.data) for each in (x, y)]
    assert library.net_run(*arrays, ctypes.c_ssize_t(61), ctypes.c_void_p(work.ctypes.data)) == 0
    assert same(y, model.predict(x, verbose=0))
    assert library.net_run(*arrays, ctypes.c_ssize_t(0), ctypes.c_void_p(work.ctypes.data)) == -4


@COMPILED
def test_a_library_says_what_its_model_is(tmp_path):
    model = several()
    classes = ['"quoted" */', "naïve\\n", "", "%s"]
    shipping.build(model, tmp_path / "net", emit="c", class_names=classes, preprocessing="*/ #error no")
    (tmp_path / "main.c").write_text(
        """
        #include <stdio.h>
        #include "net.h"
        int main(void) {
          const net_description *net = net_describe();
          size_t i, axis;
          printf("%s|%s|%s|%s|%lu\\n", net->version, net->target, net->digest, net->preprocessing,
                 (unsigned long)net->work_nbytes);
          for (i = 0; i < net->class_count; i++) printf("%s|", net->class_names[i]);
          printf("\\n");
          for (i = 0; i < net->output_count; i++) {
            printf("%s %s", net->outputs[i].name, net->outputs[i].type);
            for (axis = 0; axis < net->outputs[i].axes; axis++) printf(" %d", (int)net->outputs[i].shape[axis]);
            printf(" %d\\n", (int)net->outputs[i].nbytes);
          }
          return net->input_count != 2 || net_work_nbytes() != NET_WORK_NBYTES || net->work_nbytes != NET_WORK_NBYTES;
        }
        """
    )
    run(tmp_path, COMPILER, *STRICT, "main.c", "-L.", "-lnet", "-o", "main")
    first, second, *outputs = run(tmp_path, "./main").splitlines()
    version, kind, digest, preprocessing, _ = first.split("|")
    assert (version, preprocessing) == (planish.__version__, "*/ #error no")
    assert kind in ("x86-64-v3", "aarch64")
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert second == "|".join([*classes, ""])
    assert outputs == ["map float32 4 4 5 320", "whole float32 7 28", "few float32 9 36"]


@COMPILED
@pytest.mark.skipif(not shutil.which("g++"), reason="there is no C++ compiler")
def test_two_models_are_in_one_program_of_cpp(tmp_path):
    for name, make in (("first", blog), ("second", residual)):
        shipping.build(make(), tmp_path / name, emit="c")
    (tmp_path / "main.cpp").write_text(
        """
        #include "first.h"
        #include "second.h"
        #include <vector>
        int main() {
          std::vector<char> one(FIRST_WORK_NBYTES), two(SECOND_WORK_NBYTES);
          return first_init(one.data(), one.size()) | second_init(two.data(), two.size())
                 | (second_run(nullptr, nullptr, 1, two.data()) != SECOND_NULL_POINTER);
        }
        """
    )
    run(tmp_path, "g++", "-Wall", "-Wextra", "-pedantic", "-Werror", "main.cpp", "-L.", "-lfirst", "-lsecond")
    run(tmp_path, "./a.out")


@TOOLS
@pytest.mark.parametrize("name", ["x86-64-v2", "x86-64-v3", "x86-64-v4", "aarch64", *target.MICROCONTROLLERS])
def test_nothing_is_needed_from_outside(name, tmp_path):
    for make in (blog, residual, several):
        stem = make.__name__
        shipping.build(make(), tmp_path / stem, emit="c", targets=name)
        library = f"lib{stem}.a"
        assert run(tmp_path, "nm", "--undefined-only", library).split() == [f"{stem}.o:"]
        own = {line.split()[-1] for line in run(tmp_path, "nm", "--extern-only", library).splitlines()[2:]}
        assert own == {f"{stem}_{each}" for each in ("init", "run", "work_nbytes", "describe")}
        assert f"{stem}_run in {stem}.o" in run(tmp_path, "nm", "--print-armap", library)
        sections = re.findall(
            r"\] (\.\S+) +[A-Z_]+ .* ([A-Zalp]*) +\d+ +\d+ +\d+$", sections_of(tmp_path, library), re.M
        )
        flags = dict(sections)
        assert "X" not in flags[".note.GNU-stack"]
        assert {each for each, flag in sections if "W" in flag} <= {".data.rel.ro"}
        assert not {".init_array", ".ctors", ".tdata", ".tbss"} & flags.keys()


def sections_of(folder, library):
    return run(folder, "readelf", "--sections", "--wide", library)


def test_the_same_model_gives_the_same_bytes(tmp_path, monkeypatch):
    model = blog()
    for number, name in enumerate(("one", "two")):
        (tmp_path / name).mkdir()
        shipping.build(model, tmp_path / name / "net", emit="c", targets="x86-64-v3", class_names="0123456789")
        monkeypatch.setenv("PLANISH_NUM_THREADS", str(number + 2))
        monkeypatch.setattr(target, "ask_llvm", lambda: target.Host("x86_64-unknown-linux-gnu", "nehalem", "+sse4.2"))
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert sorted(files) == ["libnet.a", "net.h", "net_example.c"]
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}


@COMPILED
def test_names_of_a_model_become_names_of_c(tmp_path):
    image, other = Input((2,), name="float"), Input((2,), name="Float")
    macros = [Input((2,), name=name) for name in ("NET_WORK_NBYTES", "INT8_MAX", "EOF", "ptrdiff_t", "I")]
    total = Dense(2, name="status")(Add(name="ü 1")([image, other]))
    model = Model([image, other, Input((3,), name="work"), *macros], [total, Dense(1, name="net_run")(total)])
    shipping.build(model, tmp_path / "2 nets".replace(" ", "-"), emit="c", prefix="net")
    text = (tmp_path / "2-nets.h").read_text()
    parameters = re.findall(r"\*(\w+)", text[text.index("net_run(const") : text.index("ptrdiff_t n,")])
    assert parameters == [
        "float_", "Float", "work_2", "NET_WORK_NBYTES_", "INT8_MAX_", "EOF_", "ptrdiff_t_", "I_", "status", "net_run_2",
    ]  # fmt: skip
    built = [COMPILER, *STRICT, "2-nets_example.c", "-L.", "-l2-nets", "-o", "example"]
    run(tmp_path, *built)
    assert "status: the test passes" in run(tmp_path, "./example")


def test_identifiers_are_what_c_takes():
    assert [c_names.identifier(text) for text in ("a b", "2nd", "", "int", "__x__", "é", "a" * 99)] == [
        "a_b", "model_2nd", "model", "int_", "x", "model", "a" * 40,
    ]  # fmt: skip
    assert list(c_names.apart(["n", "N", "n_2", "work"], ["n", "work"])) == ["n_2", "N_3", "n_2_2", "work_2"]
    assert list(c_names.apart(["EOF", "X", "NET_OK", "size_t", "linux", "Image"], [])) == [
        "EOF_", "X", "NET_OK_", "size_t_", "linux_", "Image",
    ]  # fmt: skip
    assert [c_names.is_identifier(text) for text in ("a1", "1a", "for", "a b", "é", "_a")] == [True] + [False] * 5


@pytest.mark.parametrize(
    ("path", "options", "text"),
    [
        ("net.a", {}, r"remedy: .*net', emit=\"c\""),
        ("a b", {}, "part of commands"),
        ("-net", {}, r"remedy: .*net', emit=\"c\""),
        ("..", {}, r"remedy: .*model', emit=\"c\""),
        ("net", {"targets": "x86-64-v3,aarch64"}, "for one target"),
        ("net", {"targets": "cortex-m0"}, "unknown target 'cortex-m0'"),
        ("net", {"form": "dll"}, "unknown form of compiled code 'dll'"),
        ("net", {"prefix": "2"}, "prefix='model_2'"),
        ("net", {"dtypes": ["uint8", "float32"]}, "images of one type"),
        ("net", {"dtypes": "float16"}, "images of one type"),
        ("net", {"emit": "rust"}, "unknown kind of file to emit 'rust'"),
        ("net.plan", {"emit": "plan", "prefix": "a"}, "does not take `prefix`"),
    ],
)
def test_what_c_cannot_have_is_said(path, options, text, tmp_path):
    with pytest.raises(ValueError, match=text):
        shipping.build(blog(), tmp_path / path, **{"emit": "c", **options})
    assert not list(tmp_path.iterdir())


@TOOLS
def test_numbers_that_json_lacks_are_no_notes_of_a_file(tmp_path):
    for emit in ("wasm", "plan"):
        model = blog()
        model.notes["history"] = {"loss": [1.0, float("nan")]}
        with pytest.raises(ValueError, match=r"NaN(.|\n)*str\(value\)"):
            shipping.build(model, tmp_path / f"net.{emit}", emit=emit)


def test_what_microcontrollers_lack_is_said(tmp_path):
    image = Input((6, 6, 2))
    pooled = AveragePooling2D(3, 1, padding="same")(UpSampling2D(2, interpolation="bilinear")(image))
    model = Model(image, ops.sin(GlobalAveragePooling2D()(pooled)))
    shipping.build(model, tmp_path / "net", emit="c", form="object", targets="cortex-m7", dtypes="uint32")
    assert run(tmp_path, "nm", "--undefined-only", "net.o") == ""
    for options in ({"targets": "cortex-m4"}, {"targets": "cortex-m7", "dtypes": "int64"}):
        with pytest.raises(ValueError, match="needs functions of a compiler's library"):
            shipping.build(model, tmp_path / "other", emit="c", **options)
    assert not list(tmp_path.glob("*other*"))


def test_a_model_that_is_not_built_has_no_library(tmp_path):
    with pytest.raises(ValueError, match="not built"):
        Sequential([Flatten(), Dense(3)]).build(tmp_path / "net", emit="c")
