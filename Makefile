# Everything a person types. "make" alone lists it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help system system-test install demo test test-postgresql lint types audit evidence bench lock clean

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/installed
PORT   ?= 8000
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input

export PYTHON

# A virtual environment whose Python has gone (an upgrade, a moved folder) is made anew.
ifneq ($(wildcard $(VENV)),)
ifneq ($(shell $(BIN)/python -c 'import os, sys; print(os.path.samefile(sys.prefix, "$(VENV)"))' 2>/dev/null),True)
$(shell rm -rf $(VENV))
endif
endif

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

system: ## install the Debian packages the service needs, where missing
	@./.ci/packages base

system-test:
	@./.ci/packages base test

install: system $(STAMP) ## make .venv from requirements.lock

$(STAMP): requirements.lock pyproject.toml | system
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which with: make PYTHON=/path/to/python3 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## build a made-up study in .demo/, serve it and print its links (PORT=8000)
	$(BIN)/survey demo --serve --port $(PORT)

lint: install ## ruff (with the rules of bandit), mypy and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The tests of one file stay together, since they share what is slow to make.
test: system-test install ## everything a change must pass (PYTEST="-k name" to narrow the tests)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST)

# A second run of everything, which CI does not make; "make test" runs a sample of it (tests/kinds.py).
test-postgresql: system-test install ## the same tests on PostgreSQL, those of pages and journeys too
	MEETMOMENT_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST)

# Ends with 1, 2 or 3, which make itself shows as "Error 1" and so on: .ci/audit.py says what each means.
audit: install ## ask a service whether a library of requirements.lock has a known vulnerability
	$(BIN)/python .ci/audit.py

evidence: system-test install ## look at every page with axe-core, and note that for the accessibility statement
	MEETMOMENT_EVIDENCE=survey/web/evidence.json $(BIN)/python -m pytest tests/survey/web/test_axe.py

bench: install ## measure against floors taken in the same run, and print a table (BENCH="--quick" for less)
	$(BIN)/python -m benchmarks $(BENCH)

lock: system ## choose the newest versions that fit and pin them in requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet 'uv>=0.5'
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade \
	    --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements.lock

clean: ## remove what was made here, .venv and the demonstration included
	rm -rf $(VENV) .demo .shots .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
