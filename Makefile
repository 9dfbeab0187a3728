# Two commands for a fresh machine:  make demo   and   make test.     All of them:  make help
# Needs make and Python 3.11 (with its venv module); everything else goes into .venv, pinned and hashed by the two locks.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all setup setup-dev demo test stack up down secrets lint types layers format wheel lock clean help

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUNTIME := .venv/.installed
DEV := .venv/.installed-dev
COMPILE := env -u PIP_FIND_LINKS CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
	--allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --build-deps-for editable
SECRETS := $(addprefix secrets/,influx_password influx_operator_token grafana_password board_token)
ARGS ?=

all: lint types layers test  ## lint + types + layers + test, the same as CI

setup: $(RUNTIME)  ## build .venv with the `wanbiao` command
	@echo "wanbiao: ready, $(BIN)/wanbiao --help"

setup-dev: $(DEV)  ## build .venv with the command and the tools for development
	@echo "wanbiao: ready, $(BIN)/wanbiao --help and make help"

demo: $(RUNTIME)  ## simulate the stations, learn, find a seeded fault (ARGS="--for 60s --json")
	@$(BIN)/wanbiao demo $(ARGS)

test: $(DEV)  ## run every test (ARGS="-k kafka"); real services are started where Java and Go are installed
	@$(BIN)/python -m pytest $(ARGS)

stack: $(DEV)  ## Kafka, InfluxDB, two workers, the simulator, without containers (ARGS="--for 60s")
	@$(BIN)/python -m tests.services.stack $(ARGS)

up: secrets  ## the same in containers, board on http://127.0.0.1:8765, Grafana on :3000; builds the image first
	@command -v docker > /dev/null || { echo "wanbiao: no docker here; \`make stack\` runs without containers" >&2; exit 1; }
	@docker compose --profile full up --detach --build --wait
	@docker compose --profile full ps

down:  ## end the containers; their volumes stay
	@docker compose --profile full down

secrets: $(SECRETS)  ## make the passwords of the containers in secrets/, those that are missing

lint: $(DEV)  ## ruff: rules and layout of the code
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet . || { echo "wanbiao: \`make format\` mends most of it" >&2; exit 1; }
	@echo "lint: ok"

types: $(DEV)  ## mypy --strict
	@$(BIN)/mypy

layers: $(DEV)  ## import-linter: who may import whom
	@$(BIN)/lint-imports

format: $(DEV)  ## let ruff mend what it can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

wheel: $(DEV)  ## build dist/*.whl and check what is in it
	@rm -rf dist
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist . > /dev/null
	@$(BIN)/check-wheel-contents dist

lock: $(DEV)  ## write both locks again (ARGS="--upgrade" for newer versions)
	@$(COMPILE) $(ARGS) --output-file requirements.lock pyproject.toml
	@$(COMPILE) $(ARGS) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:  ## remove everything that make made, but for secrets/, which belong to the volumes
	@rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

# Every container reads as a user of its own, so the files can be read and the folder keeps everybody else out.
secrets/%:
	@install -d -m 0700 secrets
	@head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n' > $@ && chmod 0444 $@
	@echo "wanbiao: made $@"

# The development lock holds everything of the runtime lock, so a stamp of the former is one of the latter too.

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "wanbiao: installing $$(grep -c '==' $<) pinned packages into .venv (about a minute the first time)"
	@$(PIP) install --require-hashes -r $<
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "wanbiao: installing $$(grep -c '==' $<) pinned packages into .venv (about a minute the first time)"
	@$(PIP) install --require-hashes -r $<
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(RUNTIME)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
		|| { echo "wanbiao: no Python 3.11 or newer here: install it, or name one with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv .venv > /dev/null 2>&1 \
		|| { rm -rf .venv; echo "wanbiao: $(PYTHON) -m venv does not work here; on Debian: apt-get install python3-venv" >&2; exit 1; }
