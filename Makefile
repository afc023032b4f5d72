# make run and make test need only Python 3.11 or newer and make: they install what is pinned into .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/installed
SDK    := $(VENV)/appengine
WORKERS ?= 2  # processes that the tests are shared among

.PHONY: run test check bench reports clean

run: $(STAMP)
	$(BIN)/consistency run experiments/first.toml

test: $(STAMP) $(SDK)
	$(BIN)/python -m pytest -q -n $(WORKERS)

check: $(STAMP) $(SDK)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n $(WORKERS)

bench: $(STAMP)
	$(BIN)/python -m benchmarks

reports: $(STAMP)
	rm -rf runs/virtual_hour/published
	$(BIN)/consistency run experiments/virtual_hour.toml --run published --format html,md,json  # its CSV has 3 MB
	mkdir -p reports/virtual_hour
	cd runs/virtual_hour/published && cp plan.json manifest.json report.html report.md summary.json chart1.png \
		../../../reports/virtual_hour/

clean:
	rm -rf $(VENV) runs

# App Engine's SDK, which some tests ask: in a folder of its own, since it would replace packages that others need.
$(SDK): $(STAMP) requirements.appengine.lock
	rm -rf $(SDK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(SDK) \
		-r requirements.appengine.lock || echo "App Engine's SDK could not be installed: its tests will be skipped"
	mkdir -p $(SDK) && touch $(SDK)

$(STAMP): pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e ".[test]"
	touch $(STAMP)
