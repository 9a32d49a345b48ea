# Each target builds what it needs, from nothing but Python 3.11 to 3.13.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
# Tests run in as many processes as there are cores, each with one thread.
WORKERS ?= auto
export OMP_NUM_THREADS ?= 1

.PHONY: help demo test fuzz lint bench torture lock docs clean

help: ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# A stamp, so that setting up happens once, and again when what it installs from changes.
$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt --editable '.[test]'
	$(BIN)/python -m compileall -q linter/mllint generator  # as pip does with what it installs
	touch $@

$(VENV)/.bench: $(VENV)/.installed
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt --editable '.[test,bench]'
	touch $@

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt --editable '.[test,docs]'
	touch $@

demo: $(VENV)/.installed ## scaffold a project, train it, evaluate it, lint it (under 3 minutes after the downloads)
	@$(BIN)/python examples/demo.py

test: $(VENV)/.installed ## run everything that checks this repository, in parallel (7 to 9 minutes on two cores)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m 'not torture'

fuzz: $(VENV)/.installed ## feed the linter what nobody would write, guided by what it goes through, for some 20 minutes
	MLLINT_FUZZ=5000 $(BIN)/python -m pytest -n $(WORKERS) tests/linter/test_fuzzing.py

lint: $(VENV)/.installed ## ruff and mypy
	$(BIN)/ruff check --config pyproject.toml .
	$(BIN)/ruff format --check --config pyproject.toml .
	$(BIN)/mypy

bench: $(VENV)/.bench ## run the benchmarks; each prints ratios measured in one run
	@cd benchmarks && for file in bench_*.py; do ../$(BIN)/python $$file || exit 1; done

torture: $(VENV)/.installed ## kill -9 a training run 50 times, at random moments, and resume it
	$(BIN)/python -m pytest tests/torture -n $(WORKERS) -m torture

lock: $(VENV)/.installed ## refresh template/requirements.lock from the newest versions that fit
	$(BIN)/python tools/refresh_lock.py

docs: $(VENV)/.docs ## write docs/rules.md from the rules, and draw the README's pictures from real runs
	$(BIN)/python tools/write_rules.py
	$(BIN)/python tools/draw_pictures.py

clean: ## remove what make made
	rm -rf build dist $(VENV) .pytest_cache .mypy_cache .ruff_cache
