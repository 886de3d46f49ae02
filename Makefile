# Two commands matter to a newcomer: `make demo` and `make test`. Each sets up what it needs.
export PYTHON ?= $(shell command -v python3.11 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
RIVALS := .cache/rivals

.PHONY: install dev demo test torture rivals bench check format parts clean

# Where the Python that it was made with is gone (the system has been upgraded), it is made anew.
ifneq ($(wildcard $(VENV)),)
ifneq ($(shell test -x $(BIN)/python && echo well),well)
$(shell rm -rf $(VENV))
endif
endif

install: $(VENV)/.installed
dev: $(VENV)/.dev

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Schakel needs Python 3.11 or newer." \
		"On Debian: apt-get install python3-venv; another one: make $(or $(MAKECMDGOALS),install) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.installed

demo: install
	$(BIN)/schakel demo

# The real servers that the tests run against: Synapse in a venv of its own, Apertium and Chromium from Debian.
parts:
	sh tests/servers/install.sh

# The longest ones wait most of the time, for networks that take theirs: one worker more than there are cores.
test: dev parts
	$(BIN)/pytest --numprocesses $$(( $$(nproc) + 2 )) --dist loadfile --no-loadscope-reorder $(ARGS)

# What kills, at its full length: at every named instant on each database and network, at moments that nobody chose,
# `kill -9` in the midst of 300 messages each way, plain and encrypted, another process that goes on, power cuts; and
# each conversation on both kinds of network; 10,000 of everything that people can send; every property on examples of its own.
torture: dev parts
	$(BIN)/pytest --full tests/crashing tests/store/outbox/test_machine.py tests/store/database/test_powercut.py \
		tests/endtoend/test_kill.py tests/endtoend/test_standby.py tests/endtoend/test_bridge.py \
		tests/endtoend/test_main_job.py tests/handlers $$(grep -rl --include=test_*.py @given tests) $(ARGS)

# What the benchmarks measure against, in a virtual environment of its own.
rivals: $(RIVALS)/.installed

$(RIVALS)/.installed: tests/benchmarks/rivals.lock
	$(PYTHON) -m venv $(RIVALS)
	$(RIVALS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/benchmarks/rivals.lock
	touch $@

# One line of a table for each figure; ARGS="outbox --runs 3" for some of them.
bench: dev parts rivals
	$(BIN)/python -m tests.benchmarks $(ARGS)

check: dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
