# `make demo` and `make test` need Python 3.11 or later and a package registry, nothing else.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo explore-demo test quick pythons lint format schemas operations picture docs conformance container findings fuzz siege mutants calibration
.PHONY: growth retry-table bench bench-quick explore-bench soak storm lock clean help

help:  ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

demo: .venv/demo  ## show how a stale read breaks a deployment, and what fixes it
	@$(BIN)/sm-emulator demo

explore-demo: .venv/demo  ## find the schedule that breaks a deployment, and show that none breaks the repaired one
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/explore.sh

# Packages with every line and branch covered
COVERED := auth faults gateway journal wire contract store
comma := ,
space := $() $()

test: .venv/dev .venv/asyncio  ## run the test suite, with coverage
	$(BIN)/python -m pytest -n auto --cov $(ARGS)
	$(BIN)/coverage report --fail-under=100 \
	  --include=$(subst $(space),$(comma),$(COVERED:%=sm_emulator/%/*))

quick: .venv/dev  ## run the fast tests, without coverage: for every commit
	$(BIN)/python -m pytest -n auto -q -m 'not slow' $(ARGS)

pythons: .venv/dev  ## run the fast tests under every other Python that is installed, or under ARGS="PYTHON ..."
	scripts/pythons.sh $(ARGS)

lint: .venv/dev  ## ruff, mypy --strict, import-linter, generated files are current, no retired words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/support/typed_program.py
	$(BIN)/lint-imports
	$(BIN)/python scripts/generate_schemas.py --check
	$(BIN)/python scripts/generate_config.py --check
	$(BIN)/python scripts/generate_operations.py --check
	$(BIN)/python scripts/generate_tables.py --check
	$(BIN)/python scripts/check_words.py

format: .venv/dev  ## format, and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: .venv/dev  ## write schemas/ from botocore's model, the registries and the admin routes, and their tables in docs/
	$(BIN)/python scripts/generate_schemas.py
	$(BIN)/python scripts/generate_config.py

operations: .venv/dev  ## write docs/operations.md, schemas/COVERAGE.json and the tables in docs/ that come from the code
	$(BIN)/python scripts/generate_operations.py
	$(BIN)/python scripts/generate_tables.py

picture: .venv/dev  ## draw docs/demo.svg from what the demo prints
	$(BIN)/python scripts/demo_picture.py

docs: .venv/docs  ## build docs/ into site/, check its links, and that it loads nothing from other hosts
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/python scripts/check_site.py

conformance: .venv/dev  ## run whole lifecycles of real clients, each in its own environment
	$(BIN)/python conformance/run.py $(ARGS)
	$(BIN)/python conformance/table.py --check

container: .venv/dev  ## build the image, run it hardened, and run an application against it
	$(BIN)/python container/check.py

retry-table: .venv/dev  ## measure how often real clients try, and write docs/retry-table.md
	$(BIN)/python scripts/retry_table.py

findings: .venv/dev  ## print both error rates of the findings, on a corpus of small programs; ARGS=10 for ten runs, --real-time
	$(BIN)/python -m tests.report.corpus $(ARGS)

fuzz: .venv/dev  ## send the listener noise and broken requests for a minute; ARGS="--seconds 600" for more
	$(BIN)/python fuzz/wire.py $(ARGS)

mutants: .venv/mutants  ## mutate packages and count what their tests notice; ARGS="--sample 100 report"
	$(BIN)/python scripts/mutants.py $(ARGS)

siege: .venv/dev  ## run every known attack against servers, ten minutes; ARGS=--quick for two, or a part of a name
	$(BIN)/python -m siege $(ARGS)

calibration: .venv/dev  ## compare the presets with the measurements that they reproduce
	$(BIN)/python benchmarks/calibrate.py

growth: .venv/dev  ## measure a million configurations, in time and memory
	$(BIN)/python benchmarks/growth.py

bench: .venv/bench  ## measure every goal and moto's server, in under 10 minutes; writes benchmarks/results.md
	$(BIN)/python benchmarks/bench.py

bench-quick: .venv/bench  ## the same in a minute, with smaller sizes; writes nothing
	$(BIN)/python benchmarks/bench.py --quick

explore-bench: .venv/dev .venv/bench  ## measure what exploring costs; ARGS="--base COMMIT" compares the server with that commit's
	$(BIN)/python benchmarks/explore.py $(ARGS)

soak: .venv/bench  ## ten minutes at half the top rate: no growth, no slowdown, no error
	$(BIN)/python benchmarks/soak.py

storm: .venv/bench  ## a minute of 64 clients under faults of every kind: nothing crashes, leaks or disagrees
	$(BIN)/python benchmarks/storm.py

lock: .venv/dev .venv/bench .venv/docs .venv/mutants  ## write constraints.txt from what is installed
	$(BIN)/pip freeze --exclude-editable --all --exclude pip > constraints.txt

clean:  ## remove what the other targets made
	rm -rf .venv dist site .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or later is needed; name one by PYTHON=…' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'

.venv/asyncio: examples/asyncio_requirements.txt  # of its own: it wants an older botocore
	$(PYTHON) -m venv --clear .venv/asyncio
	.venv/asyncio/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.venv/%: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group $* -e .
	@touch $@
