# Two commands matter: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check cluster test-cluster clean

demo: $(VENV)/.runtime
	$(BIN)/anpr demo --seconds 60

test: $(VENV)/.dev
	$(BIN)/pytest

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Every service of docker-compose.yml as a plain process, with a real Kafka and PostgreSQL.
SITE ?= site.toml
cluster: $(VENV)/.dev
	$(BIN)/python -m deploy.cluster $(SITE)

test-cluster: $(VENV)/.dev
	ANPR_TEST_READS=100000 $(BIN)/python -m deploy.testbed $(BIN)/pytest -m "kafka or postgres or cluster"

clean:
	rm -rf $(VENV) demo-data data

$(VENV)/.runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@
