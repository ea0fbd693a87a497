# `make help` lists the targets. PYTHON chooses the interpreter that makes the virtual environment.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq

FUZZ_TIME ?= 60
FUZZ_SEED ?=
BASE      ?= main
CONFORMANCE_EXAMPLES ?= 100
CONFORMANCE_SEEDS ?= 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run dev generate check diff format lint types test coverage fuzz fuzz-selftest conformance bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -------------------------------------------------------------- environment
# `make run` needs the server's packages only; every other target needs the tools too. Stamps remember what is
# installed, so that a second start goes straight to work.

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo missing)." \
	       "Install it, or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "'$(PYTHON) -m venv' failed: on Debian and Ubuntu install the package python3-venv." >&2; exit 1; }
	@touch $@

$(VENV)/.server: requirements.lock pyproject.toml | $(VENV)/.created
	@echo "installing the server's packages into $(VENV)"
	@$(PIP) install --no-compile --no-deps --require-hashes --requirement requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/.created
	@echo "installing the server's packages and the tools into $(VENV)"
	@$(PIP) install --no-compile --no-deps --require-hashes --requirement requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.server $@

install: $(VENV)/.dev ## make the virtual environment with everything in it

lock: $(VENV)/.dev ## compile requirements.lock and requirements-dev.lock anew
	@$(BIN)/python scripts/lock.py $(LOCK_ARGS)

# -------------------------------------------------------------- work

run: $(VENV)/.server ## serve on 127.0.0.1:8000 with its own PostgreSQL
	@PYTHONPATH=src:. exec $(BIN)/python -m app.server.run

dev: $(VENV)/.dev ## serve, and on every change regenerate and reload
	@exec $(BIN)/python -m app.server.dev

generate: $(VENV)/.dev ## write generated/ from openapi/
	@$(BIN)/tally generate

# -------------------------------------------------------------- proof

check: lint types ## formatting, ruff, mypy, layers, contract lint, drift
	@$(BIN)/tally layers
	@$(BIN)/tally lint
	@$(BIN)/tally generate --check

diff: $(VENV)/.dev ## what the contract changes against BASE: version and changelog have to follow
	@$(BIN)/tally diff '$(BASE)' --release $(addprefix --ignore ,$(wildcard openapi/diff-ignore.yaml)) $(DIFF_ARGS)

format: $(VENV)/.dev ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .

lint: $(VENV)/.dev ## formatting and ruff
	@$(BIN)/ruff format --check . || { echo "'make format' repairs this" >&2; exit 1; }
	@$(BIN)/ruff check .

types: $(VENV)/.dev ## mypy, strict
	@$(BIN)/mypy

test: $(VENV)/.dev ## the whole suite, parallel, on real PostgreSQL
	@$(BIN)/python -m pytest -n auto $(TEST_ARGS)

coverage: $(VENV)/.dev ## the suite again, and the lines and branches it does not reach; fails under 95 %
	@mkdir -p build/coverage
	@$(BIN)/python -m pytest -n auto -q --cov --cov-report=term --cov-report=html:build/coverage/html $(TEST_ARGS)

fuzz: $(VENV)/.dev ## Schemathesis against a real server; FUZZ_TIME seconds per seed, FUZZ_SEED chooses
	@FUZZ_TIME='$(FUZZ_TIME)' FUZZ_SEED='$(FUZZ_SEED)' $(BIN)/python -m tests.fuzz

fuzz-selftest: $(VENV)/.dev ## plant faults and show that fuzzing finds them
	@$(BIN)/python -m tests.fuzz.selftest

conformance: $(VENV)/.dev ## small contracts, one construct each, mocked and fuzzed; CONFORMANCE_EXAMPLES, CONFORMANCE_SEEDS
	@CONFORMANCE_EXAMPLES='$(CONFORMANCE_EXAMPLES)' CONFORMANCE_SEEDS='$(CONFORMANCE_SEEDS)' \
	  $(BIN)/python -m pytest -q -n auto tests/conformance $(TEST_ARGS)

bench: $(VENV)/.dev ## CPU per request of one process; BENCH_OPTIONS=--scale for large contracts
	@$(BIN)/python -m tests.benchmarks $(BENCH_OPTIONS)

clean: ## remove the environment, caches and build output; .data/ stays
	@rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.*
	@find src tests generated scripts -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
