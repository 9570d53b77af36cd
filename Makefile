# Every target sets itself up: make, Python 3.11 or newer with pip, and nothing else.
#
#   make demo ARGS=--once              make test VENV=.venv-3.13 PYTHON=python3.13
#
# The set-up goes into $(VENV) and is repeated only when pyproject.toml changes. The venv brings a pip of its own, so the
# age of the machine's pip does not matter.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet

# The modules that their own tests (tests/core) must cover completely; tests/test_floors.py keeps this list and the floors alike.
CORE := errors limits encoding urls algorithms bearer token key_material keys policy report verified checks judge keyring providers
comma := ,
empty :=
space := $(empty) $(empty)
CORE_FILES := $(subst $(space),$(comma),$(CORE:%=src/bearerguard/%.py) $(CORE:%=src/bearerguard/%/*.py))

export COVERAGE_FILE = $(VENV)/.coverage

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint types public-types pytest cov bench docs fmt clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.ready-demo ## run the demo: a dev issuer and a guarded server on loopback (ARGS=--once: walk through it and stop)
	@$(BIN)/bearerguard demo $(ARGS)

test: lint types pytest ## all that must hold: style, types, tests, and the core covered by its own tests
	@echo "make test: everything holds."

lint: $(VENV)/.ready-dev ## check the style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev ## check the types (mypy, strict)
	$(BIN)/mypy

public-types: $(VENV)/.ready-dev ## tell which public types a checker other than mypy could infer differently (pyright; needs Node.js)
	-PATH="$(abspath $(BIN)):$$PATH" $(BIN)/pyright --verifytypes bearerguard --ignoreexternal

pytest: $(VENV)/.ready-dev ## run the tests; 100 % of the core by tests/core alone
	@rm -f $(COVERAGE_FILE)
	$(BIN)/python -m pytest tests/core --cov --cov-report= -q -rs
	$(BIN)/coverage report --include=$(CORE_FILES) --fail-under=100
	$(BIN)/python -m pytest --ignore=tests/core --cov --cov-append --cov-report=term -q -rs

cov: pytest ## run the tests and write a browsable coverage report to htmlcov/
	$(BIN)/coverage html

bench: $(VENV)/.ready-dev ## measure one verification against the bare signature check, and its neighbours
	@$(INSTALL) authlib jwcrypto
	@$(BIN)/python -W ignore::DeprecationWarning -m benchmarks.verify $(ARGS)

docs: $(VENV)/.ready-dev ## write the generated pages anew
	$(BIN)/python tools/generate_errors_page.py
	$(BIN)/python tools/generate_providers_page.py
	$(BIN)/python tools/generate_stricter_page.py
	$(BIN)/python tools/make_vectors.py

fmt: $(VENV)/.ready-dev ## mend the style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove everything that was made, the environments included
	rm -rf .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis htmlcov dist build
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  found=$$($(PYTHON) -c 'import sys; print("Python %d.%d" % sys.version_info[:2])' 2>/dev/null || echo "not a Python that runs"); \
	  echo "bearerguard needs Python 3.11 or newer, and '$(PYTHON)' is $$found. Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
	  exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
	  echo "Python could not make a virtual environment; on Debian and Ubuntu the package python3-venv is missing." >&2; exit 1; }

$(VENV)/.ready-demo: pyproject.toml | $(BIN)/python
	@echo "Installing bearerguard and what its demo needs"
	@$(INSTALL) -e '.[demo]'
	@touch $@

$(VENV)/.ready-dev: pyproject.toml | $(BIN)/python
	@echo "Installing bearerguard and what its tests need"
	@$(INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/.ready-demo
