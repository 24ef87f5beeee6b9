# The commands of a developer's day.  Everything they need they install or start
# themselves; a target that finds its work done does nothing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPOSER := $(BIN)/composer
DEMO := --project-directory samples/todo
URL := http://localhost:3000/
SECONDS_OF_FUZZING ?= 3600
RUNS ?= 50
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup lab demo demo-down test check man bench chaos fuzz lab-down clean

help:
	@echo 'make demo       a todo app and its postgres, up, from nothing'
	@echo 'make demo-down  take the demo down again; its data stays'
	@echo 'make test       everything: lint, types, fast tests, tests on a real engine'
	@echo 'make check      the part of it that needs no Docker; seconds'
	@echo 'make bench      how long commands, watching, logs and builds take; BENCH=--quick for a look'
	@echo 'make chaos      50 disturbed runs of up and down; RUNS=10, SEED=2'
	@echo 'make fuzz       an hour of broken files for the loader; SECONDS_OF_FUZZING=60 for less'
	@echo 'make man        manual pages in build/man; man -l build/man/composer.1'
	@echo 'make setup      $(VENV) with composer and its tools'
	@echo 'make lab        a Docker Engine and base images, where they are missing'
	@echo 'make lab-down   stop what "make lab" started'
	@echo 'make clean      remove $(VENV) and caches'

setup: $(VENV)/.stamp

# Only redone when pyproject.toml has changed.
$(VENV)/.stamp: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'composer needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2> /dev/null || { echo 'installing python3-venv' && \
	  apt-get install -qq -y --no-install-recommends python3-venv > /dev/null; } || \
	  { echo 'this Python cannot make virtual environments; on Debian: sudo apt-get install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

lab:
	@tests/lab/up

demo: setup lab
	$(COMPOSER) $(DEMO) up -d
	@$(BIN)/python tests/lab/await_page.py $(URL)
	@echo
	@echo 'The todo list is at $(URL)  What to try next:'
	@echo '  $(COMPOSER) $(DEMO) ps'
	@echo '  $(COMPOSER) $(DEMO) logs -f'
	@echo '  $(COMPOSER) $(DEMO) plan'
	@echo '  make demo-down'

demo-down: setup
	$(COMPOSER) $(DEMO) down

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q -n auto --dist worksteal

# The fast ones first: what they find, the real engine need not be asked.
test: check lab
	$(BIN)/pytest -q -n 3 --dist loadfile -m 'docker or slow'

man: setup
	$(COMPOSER) help --man-pages build/man

bench: setup lab
	@cd tests && ../$(BIN)/python -m bench.config_quiet
	@echo
	@cd tests && ../$(BIN)/python -m bench.engine $(BENCH)
	@echo
	@cd tests && ../$(BIN)/python -m bench.watching
	@echo
	@cd tests && ../$(BIN)/python -m bench.logs $(BENCH)
	@echo
	@cd tests && ../$(BIN)/python -m bench.builds

# Needs root: it kills engines of its own, see docs/reliability.md.
chaos: setup lab
	@cd tests && ../$(BIN)/python -m chaos.runs --runs $(RUNS) --seed $(SEED)

# Hours of what `make test` does for seconds.  Findings land in tests/fuzz/corpus.
fuzz: setup
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	$(BIN)/python tests/fuzz/atheris_loader.py $(SECONDS_OF_FUZZING)

lab-down:
	@tests/lab/down

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
