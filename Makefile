# Needs python3 >= 3.11 (with venv) and make, nothing else. With uv on the PATH, uv makes the environment.
# `make` lists the targets. Set PYTHON=… to choose the interpreter, WORKERS=… for the tests' processes.

VENV    := .venv
BIN     := $(VENV)/bin
WORKERS ?= 2
SIM     := $(BIN)/sim

# The first interpreter that is new enough; empty when there is none.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
UV := $(shell command -v uv 2>/dev/null)

RUN_READY   := $(VENV)/.ready-run
DEV_READY   := $(VENV)/.ready-dev
BENCH_READY := $(VENV)/.ready-bench

.DEFAULT_GOAL := help
.PHONY: help demo test check verify bench lint format coverage clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(RUN_READY) ## set up, then compare the policies of both example cases
	$(SIM) compare scenarios/cdnow/policies/today.yaml scenarios/cdnow/policies/*.yaml --replicates 40
	$(SIM) compare scenarios/haitao/policies/today.yaml scenarios/haitao/policies/*.yaml

test: $(DEV_READY) ## set up, then the tests (some ten minutes on two cores)
	$(BIN)/python -m pytest -n $(WORKERS) -m "not verify"

check: $(RUN_READY) ## hold the example cases to expect.yaml and to what was accepted (under three minutes)
	$(SIM) check scenarios --fresh

verify: $(DEV_READY) ## the long verifications, with what they print
	$(BIN)/python -m pytest -n $(WORKERS) -m verify -rP

bench: $(BENCH_READY) ## workload W beside other engines; writes docs/performance.md
	$(BIN)/python -m benchmarks

lint: $(DEV_READY) ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(DEV_READY) ## let ruff lay out the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: $(DEV_READY) ## the tests, with branch coverage
	$(BIN)/python -m pytest -n $(WORKERS) -m "not verify" --cov --cov-report=term-missing:skip-covered

clean: ## remove the environment and the caches, keep results
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .coverage build *.egg-info
	find sim tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# install,<what to install>: into $(VENV), with the pinned versions.
ifneq ($(UV),)
install = $(UV) pip install --quiet --python $(BIN)/python --constraints constraints.txt --editable '$(1)'
else
install = $(BIN)/python -m ensurepip --default-pip >/dev/null 2>&1; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '$(1)'
endif

$(BIN)/python:
	@test -n "$(UV)$(PYTHON)" || { echo "python3 >= 3.11 is needed; set PYTHON=/path/to/it" >&2; exit 2; }
ifneq ($(UV),)
	@$(UV) venv --quiet --allow-existing --python $(or $(PYTHON),3.11) $(VENV)
else
	@$(PYTHON) -m venv $(VENV) || { echo "python's venv is missing: on Debian, apt install python3-venv" >&2; exit 2; }
endif

$(RUN_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "setting up $(VENV) …"
	@$(call install,.)
	@touch $@

$(DEV_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "setting up $(VENV) …"
	@$(call install,.[dev])
	@touch $@ $(RUN_READY)

$(BENCH_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "setting up $(VENV) …"
	@$(call install,.[bench])
	@touch $@ $(RUN_READY)
