# Every target does its own set-up: a virtual environment in .venv, made with plain `python3 -m venv` and pip. Bytecode is
# made of what is imported, when it is: pip would compile seven thousand modules, most of which nobody imports.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-targets test-broad test-lowest qemu check browser names parity fuzz soak serve-clients serve-soak bench clean

# Trains the convolutional classifier of many tutorials on real digits, and shows what it learnt.
demo: .venv/demo.stamp
	$(BIN)/planish demo

# What has to pass before a change goes in. mypy, which takes a while where it has seen nothing yet, runs beside the tests
# and has the last word.
test: .venv/develop.stamp
	$(BIN)/ruff check
	@$(BIN)/mypy > .venv/mypy.txt 2>&1 & mypy=$$!; trap "kill $$mypy" INT TERM; \
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal; tests=$$?; \
	wait $$mypy; types=$$?; cat .venv/mypy.txt; test $$tests = 0 && test $$types = 0

# All tests of generated code, for every kind of processor that this one can run, and with all that LLVM does for users:
# `make test` takes a sample of both.
test-targets: .venv/develop.stamp
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal --every-target tests/codegen

# The tests that take many processes, or much memory: ranks and workers that are killed, benchmarks of several processes.
test-broad: .venv/develop.stamp
	$(BIN)/python -m pytest --broad -m broad

# The tests with the lowest versions of all dependencies that pyproject.toml allows.
test-lowest: .venvs/lowest.stamp
	.venvs/lowest/bin/python -m pytest --numprocesses 2 --dist worksteal

# All kernels as code for AArch64, run by QEMU (Debian's qemu-user): each test is some processes that consist of a program
# and its arrays. Then libraries for C, on AArch64 and on boards with microcontrollers (lld, qemu-system-arm).
qemu: .venv/develop.stamp
	PLANISH_EMULATED=aarch64 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal --every-target \
		tests/codegen/kernels tests/codegen/llvm/test_vector_math.py tests/codegen/llvm/test_wide_functions.py \
		tests/codegen/llvm/test_double_functions.py tests/codegen/test_small_values.py tests/codegen/test_nan.py \
		tests/codegen/test_random_programs.py tests/codegen/test_double_programs.py tests/codegen/test_cascades.py
	PLANISH_EMULATED=aarch64 $(BIN)/python -m pytest tests/shipping/test_bare_machines.py

check: .venv/develop.stamp
	$(BIN)/ruff check
	$(BIN)/mypy

# Reports in a real Chromium, as their readers use them, in an environment with Playwright and axe-core. CHROMIUM is the
# browser, PICTURES a folder for screenshots.
browser: .venvs/browser.stamp
	.venvs/browser/bin/python tests/explain/in_browser.py $(if $(CHROMIUM),--chromium $(CHROMIUM)) \
		$(if $(PICTURES),--pictures $(PICTURES))

# The page of Keras's names, and the record of real Keras's that it is made of.
names: .venv/develop.stamp
	$(BIN)/python tools/make_names.py --record

# Single layers, random models, their files, nets and programs in planish and in real Keras, which gets an environment of
# its own in .venvs/keras.
parity: .venv/develop.stamp
	$(BIN)/python parity/run.py --page
	$(BIN)/python parity/compare_functional.py
	$(BIN)/python parity/compare_files.py
	$(BIN)/python parity/compare_published.py
	$(BIN)/python parity/compare_applications.py
	$(BIN)/python parity/compare_from_keras.py
	$(BIN)/python parity/compare_torch.py
	$(BIN)/python parity/compare_programs.py
	$(BIN)/python parity/compare_onnx.py
	$(BIN)/python parity/compare_onnx_out.py
	$(BIN)/python parity/compare_tfjs.py
	$(BIN)/python -m pytest tests/applications --every-net

# Random functional models, compiled and interpreted: crashes, other numbers, other bits on two threads. Damaged files of
# every format: crashes, hangs, errors that say nothing, memory that nothing needs.
fuzz: .venv/develop.stamp
	$(BIN)/python tools/fuzz/fuzz.py
	$(BIN)/python tools/fuzz/files.py --mutants 10000 --minutes 10

# Forks in the middle of everything, 200 times each.
soak: .venv/develop.stamp
	$(BIN)/python tools/soak_forks.py

# Clients that others wrote, Triton's and TensorFlow Serving's way of asking, against `planish serve`.
serve-clients: .venv/develop.stamp .venvs/clients.stamp
	.venvs/clients/bin/python tests/server/in_clients.py --python $(abspath $(BIN))/python

# A server under load for twenty minutes, with new versions, malformed requests and its end; every answer is compared.
serve-soak: .venv/develop.stamp
	$(BIN)/python tools/serve_faults.py

# Beside other libraries, each in an environment of its own in .venvs/. Takes a while, on an idle machine.
bench: .venv/develop.stamp
	$(BIN)/python benchmarks/run.py build/benchmarks $(if $(DATA),--data $(DATA))

clean:
	rm -rf .venv .venvs .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build demo-output

.venv/demo.stamp: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --editable '.[all]'
	touch $@

.venvs/lowest.stamp: .venv/develop.stamp tools/lowest_versions.py
	$(PYTHON) -m venv .venvs/lowest
	$(BIN)/python tools/lowest_versions.py > .venvs/lowest/constraints.txt
	.venvs/lowest/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	.venvs/lowest/bin/python -m pip install --quiet --constraint .venvs/lowest/constraints.txt --editable '.[all]' --group dev
	touch $@

.venvs/browser.stamp: pyproject.toml
	$(PYTHON) -m venv .venvs/browser
	.venvs/browser/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[all]' pytest playwright \
		axe-playwright-python
	touch $@

.venvs/clients.stamp: pyproject.toml
	$(PYTHON) -m venv .venvs/clients
	.venvs/clients/bin/python -m pip install --quiet --disable-pip-version-check 'tritonclient[http]>=2.50' requests
	touch $@

# The group of dependencies needs a pip that knows groups.
.venv/develop.stamp: .venv/demo.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --no-compile --group dev
	touch $@
