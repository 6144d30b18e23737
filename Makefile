# `make demo` and `make test` need Python 3.11+, make and git, and set up the rest themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-real test-deb bench check format lint types floors wheel translations messages pictures faults schema man completions lock deb clean

help:
	@echo "make demo       the daemon on a simulated Stripe, half a minute, in this terminal"
	@echo "make test       the test suite"
	@echo "make check      everything: format, lint, types, import floors, tests, the built wheel"
	@echo "make test-slow  the long crash tests"
	@echo "make test-real  against real servers (ntfy, exim4, chromium, dunst, localstripe); installs them with apt as root"
	@echo "make test-deb   the Debian package, installed in a Debian of its own, as root"
	@echo "make bench      what polling costs, beside what people would use instead; writes docs/benchmarks.md afresh"
	@echo "make format     let the formatter do its work"
	@echo "make translations  put new sentences into the catalogues, for their translators"
	@echo "make messages   write docs/messages.md afresh"
	@echo "make pictures   draw the README's pictures afresh, from real runs; needs what make test-real needs"
	@echo "make faults     go through the catalogue of faults, some of it as root, and write docs/faults.md afresh; 20 minutes"
	@echo "make schema     write the configuration's JSON schema afresh, from the models and config.example.yaml"
	@echo "make man        write the man page afresh, from what the commands say of themselves"
	@echo "make completions  write the shells' completion scripts afresh"
	@echo "make deb        a Debian package for this machine's release, in dist/"
	@echo "make lock       pin the dependencies afresh"

# The stamp names what is installed: the daemon's own dependencies, or the tools for working on it as well.
$(VENV)/daemon.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "cashnotifyd needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/tools.stamp: requirements-dev.lock $(VENV)/daemon.stamp
	@echo "setting up the tools (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/daemon.stamp
	@$(BIN)/cashnotifyd demo

# Hundreds of processes import the same modules: they are compiled once, whatever the environment says.
test test-slow test-real: export PYTHONDONTWRITEBYTECODE :=

test: $(VENV)/tools.stamp
	@$(BIN)/python -m pytest -n 3 --dist worksteal

test-slow: $(VENV)/tools.stamp
	@$(BIN)/python -m pytest -m slow -n 3 --dist worksteal

test-real: $(VENV)/tools.stamp
	@tests/real/install
	@$(BIN)/python -m pytest -m real

test-deb: $(VENV)/tools.stamp
	@tests/deb

bench: $(VENV)/tools.stamp
	@$(BIN)/python -m benchmarks

check: format-check lint types floors test wheel

format-check: $(VENV)/tools.stamp
	@$(BIN)/ruff format --check .

format: $(VENV)/tools.stamp
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: $(VENV)/tools.stamp
	@$(BIN)/ruff check .

types: $(VENV)/tools.stamp
	@$(BIN)/mypy cashnotifyd tests benchmarks

floors: $(VENV)/tools.stamp
	@$(BIN)/lint-imports

wheel: $(VENV)/tools.stamp
	@tests/wheel

translations: $(VENV)/tools.stamp
	@$(BIN)/python -m tests.wording.msgids

pictures: $(VENV)/tools.stamp
	@tests/real/install
	@CASHNOTIFYD_PICTURES=docs/pictures $(BIN)/python -m pytest -m real tests/real/test_pictures.py

messages: $(VENV)/tools.stamp
	@$(BIN)/python -m tests.wording.gallery

faults: $(VENV)/tools.stamp
	@CASHNOTIFYD_FIGURES=tests/faults/figures.json $(BIN)/python -m pytest -m fault
	@$(BIN)/python -m tests.faults.catalogue

schema: $(VENV)/tools.stamp
	@$(BIN)/python -m tests.config.editor_schema

man: $(VENV)/tools.stamp
	@$(BIN)/python -m tests.cli.man_page

completions: $(VENV)/tools.stamp
	@$(BIN)/cashnotifyd completion bash > completions/cashnotifyd
	@$(BIN)/cashnotifyd completion zsh > completions/_cashnotifyd
	@$(BIN)/cashnotifyd completion fish > completions/cashnotifyd.fish

# Universal: one lock for every platform and every Python from 3.11. No index address is recorded.
lock: $(VENV)/tools.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" --group build pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" -c requirements.lock --group dev pyproject.toml -o requirements-dev.lock

deb: $(VENV)/tools.stamp
	@packaging/deb

clean:
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
