# Every verb that people and CI use. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup run test check rules bench chaos lock clean

help: ## List these verbs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY) ## Install everything from the lock file into .venv

# The rule engine's C core has no wheel. Where there is no compiler the rule book decides with its reference
# matcher alone, and says so at the start. -O2 and the renamed call: its own build sets neither.
$(READY): requirements.lock requirements-engine.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@CC="$${CC:-cc} -O2 -DPyEval_CallObject=PyObject_CallObject" \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --require-hashes -r requirements-engine.lock \
	  || echo "durable_rules could not be built (is there a C compiler?): the reference matcher decides alone"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

run: $(READY) ## Start the whole product on http://127.0.0.1:8080 (settings from the environment and .env)
	@$(BIN)/dealix up

# Real processes are started, killed and waited for beside each other: what failed on a crowded machine is tried once
# more by itself, and both runs are printed. What fails alone fails. `make test AGAIN=` gives nothing a second chance.
AGAIN := yes
test: $(READY) ## Run all checks and tests with real parts; names what it could not run
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS) || { [ -n "$(AGAIN)" ] \
	  && echo "Failed beside the others; each of them once more, alone:" \
	  && $(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }

check: $(READY) ## Lint, formatting, import rules, and the rule book with its examples
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-cache | tail -n 2
	@$(BIN)/dealix rules check && $(BIN)/dealix rules test

rules: $(READY) ## Check and test the rule book only
	@$(BIN)/dealix rules check && $(BIN)/dealix rules test

bench: $(READY) ## Measure the main line beside the simplest handler (ARGS=scale: fleets, stored data, memory)
	$(BIN)/python -m bench $(ARGS)

chaos: $(READY) ## Break everything around the product and count its promises (ARGS="--shape many --minutes 10")
	$(BIN)/python -m bench.chaos $(ARGS)

lock: ## Write the lock files anew from pyproject.toml
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --extra test --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --unsafe-package durable_rules --unsafe-package pip \
	  --output-file requirements.lock pyproject.toml

clean: ## Remove what was installed and built; never data
	rm -rf $(VENV) build .pytest_cache .ruff_cache .hypothesis *.egg-info
