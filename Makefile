# Everything one does with this workspace. `make` alone lists it.
#
# Nothing is installed outside this folder: uv goes into .tools, all else into .venv. PYTHON names the interpreter.

PYTHON ?= python3
UV := .tools/bin/uv
BIN := .venv/bin
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard */pyproject.toml services/*/pyproject.toml))
NAMES := $(shell sed -n 's/^name = "\(.*\)"/\1/p' $(MEMBERS:%=%/pyproject.toml))
PACKAGES := $(notdir $(patsubst %/__init__.py,%,$(wildcard */linli*/__init__.py services/*/linli_*/__init__.py)))
UNIT := $(wildcard */tests/unit services/*/tests/unit)
ARGS ?=
WORKERS ?= auto
CASES ?= 10000

.DEFAULT_GOAL := help
.PHONY: help demo up test test-unit test-upgrade test-conformance test-faults test-docker coverage check format contracts asyncapi lock clean rabbitmq bench peers

help:  ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

demo: .venv/ready  ## watch a resident's request on its way to a score, under two minutes
	@$(BIN)/linli demo $(ARGS)

up: .venv/ready  ## start the embedded platform and keep it running
	@$(BIN)/linli up $(ARGS)

test: .venv/ready rabbitmq  ## run all tests on all cores: real PostgreSQL, real RabbitMQ, real processes
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not docker and not faults and not upgrade and not conformance" $(ARGS)

test-unit: .venv/ready  ## run the tests that need no server, in under a minute
	$(BIN)/pytest -n auto $(UNIT) $(ARGS)

test-upgrade: .venv/ready rabbitmq  ## upgrade a platform of an earlier commit, with events pending
	$(BIN)/pytest -m upgrade $(ARGS) tests/upgrade

test-conformance: .venv/ready  ## send each service 10,000 requests made up from its OpenAPI document
	LINLI_CONFORMANCE_CASES=$(CASES) $(BIN)/pytest -n auto -m conformance $(ARGS) tests/conformance

test-faults: .venv/ready rabbitmq  ## break the platform in every way we know, for a quarter of an hour, and count what is lost
	$(BIN)/pytest -m faults $(ARGS) tests/faults

test-docker: .venv/ready  ## build the images and run a district of containers; skipped where no Docker engine answers
	$(BIN)/pytest -m docker $(ARGS) tests/docker

coverage: .venv/ready rabbitmq  ## run all tests and show which lines and branches they miss
	$(BIN)/pytest -m "not docker and not faults and not upgrade and not conformance" --cov --cov-report=term:skip-covered $(ARGS)

check: .venv/ready  ## lint, types, import rules, and whether generated files are up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES:%=-p %)
	$(BIN)/python -m linli_devkit.import_rules
	$(BIN)/python -m linli_devkit.contracts --check
	$(BIN)/python -m linli.deployment.configuration --check

format: .venv/ready  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

contracts: .venv/ready  ## write the pages and documents made from the code: schemas, AsyncAPI, events, settings
	$(BIN)/python -m linli_devkit.contracts
	$(BIN)/python -m linli.deployment.configuration

asyncapi: .tools/asyncapi/3.0.0.json  ## fetch the meta schema of AsyncAPI, by which a test checks the document

bench: .venv/ready rabbitmq  ## measure each part against a raw loop on the same broker and database
	$(BIN)/python -m benchmarks $(ARGS)

peers: .venv/ready  ## install what the benchmark of that name compares with
	@$(UV) pip install --quiet --python .venv --require-hashes -r requirements-peers.lock

lock: $(UV)  ## resolve all versions anew into requirements.lock and requirements-peers.lock
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade \
	  $(NAMES:%=--no-emit-package %) pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade \
	  --group peers -c requirements.lock -o requirements-peers.lock

clean:  ## delete what was installed and generated here
	rm -rf .tools .venv .linli .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage*

rabbitmq:
	@test -x /usr/lib/rabbitmq/bin/rabbitmq-server || sh deploy/install-rabbitmq.sh

ASYNCAPI := asyncapi-specs-6.11.1.tgz
ASYNCAPI_SHA256 := 01af8744dc33c0c7eb2e908f6a955319ee58b70ecadc9387d1aeb16c0cd28928

.tools/asyncapi/3.0.0.json:
	@mkdir -p $(@D)
	@cd $(@D) && npm pack --silent @asyncapi/specs@6.11.1 >/dev/null && echo "$(ASYNCAPI_SHA256)  $(ASYNCAPI)" \
	  | sha256sum --check --quiet && tar -xzmf $(ASYNCAPI) --strip-components=2 package/schemas/3.0.0.json

$(UV): requirements-bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; name one with: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "Installing uv into .tools ..."
	@$(PYTHON) -m venv .tools \
	  || { echo "Python's venv is missing; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.txt
	@touch $@

.venv/ready: $(UV) requirements.lock pyproject.toml $(MEMBERS:%=%/pyproject.toml)
	@echo "Installing the pinned libraries into .venv ..."
	@$(UV) venv --quiet --allow-existing --python .tools/bin/python .venv
	@$(UV) pip sync --quiet --python .venv --require-hashes requirements.lock
	@$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation $(MEMBERS:%=--editable %)
	@touch $@
