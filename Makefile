# The commands of the project. They need Python 3.11 or newer and make; everything else is installed into .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

SIZE ?= default
WORKERS ?= 2
BIN := .venv/bin
STAMPS := .venv/stamps
CODE := src tests tools $(wildcard benchmarks)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
TESTS := $(BIN)/python -m pytest -n $(WORKERS)

# The first Python on the path that is new enough; `make PYTHON=…` names another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

# An environment that was moved here from another folder, or made by a Python that has gone, is made anew.
ifneq ($(shell $(BIN)/python -c '' 2>/dev/null && cat .venv/.checkout),$(CURDIR))
.PHONY: $(STAMPS)/venv
endif

##@ Running

.PHONY: run
run: $(STAMPS)/runtime frontend ## Set everything up and serve the demonstration at http://127.0.0.1:8000 (PORT=, DEMO_PASSWORD=, ADMIN_KEY=, DATA_DIR=)
	@exec $(BIN)/adminboard demo

.PHONY: bench
bench: $(STAMPS)/runtime frontend ## Measure the pages and lists against their budgets (SIZE=large for the large data set)
	@exec $(BIN)/python -m benchmarks.run --size $(SIZE)

##@ Checking

.PHONY: test
test: $(STAMPS)/packaging frontend ## Set everything up and run all tests (without a browser on the machine, all but the end-to-end ones)
	@if $(BIN)/python -m tools.browser; then exec $(TESTS); fi; \
	$(TESTS) --ignore=tests/e2e && echo "The end-to-end tests were left out: there is no browser to run them in."

.PHONY: check
check: ## All that continuous integration runs, the tests last
	@$(MAKE) --no-print-directory -j 2 without-tests
	@$(MAKE) --no-print-directory covered-tests

.PHONY: without-tests
without-tests: format lint types imports sizes packaging

.PHONY: format
format: $(STAMPS)/dev ## Check the formatting of the code
	@$(BIN)/ruff format --check $(CODE)

.PHONY: lint
lint: $(STAMPS)/dev ## Check the code for likely mistakes
	@$(BIN)/ruff check $(CODE)

.PHONY: fix
fix: $(STAMPS)/dev ## Format the code and mend what ruff can mend by itself
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

.PHONY: types
types: $(STAMPS)/dev ## Check the types
	@$(BIN)/mypy $(CODE)

.PHONY: imports
imports: $(STAMPS)/dev ## Check that imports only go down
	@$(BIN)/lint-imports --no-logo

.PHONY: sizes
sizes: $(STAMPS)/dev ## Check lengths, module names, and that nothing is left unfinished
	@$(BIN)/python -m tools.sizes

.PHONY: packaging
packaging: $(STAMPS)/packaging wheel ## Check the wheel, the list of parts, the Dockerfile and the Kubernetes objects
	@$(BIN)/python -m tools.parts
	@$(BIN)/hadolint --failure-threshold style deploy/Dockerfile
	@$(BIN)/python -m tools.manifests

.PHONY: covered-tests
covered-tests: $(STAMPS)/packaging frontend
	@$(BIN)/python -m tools.browser
	@$(BIN)/python -m slipcover -m pytest -n $(WORKERS) --durations=5
	@$(BIN)/python -m tools.coverage_gate coverage.json

.PHONY: guide
guide: $(STAMPS)/dev frontend ## Make the pictures of the guide anew, from a demonstration of their own
	@$(BIN)/python -m tools.browser
	@exec $(BIN)/python -m tools.pictures

.PHONY: pooled-test
pooled-test: $(STAMPS)/packaging frontend ## Run the tests, but those in a browser, through PgBouncer in transaction mode (installed where apt-get may be used)
	@$(BIN)/python -m tools.soak_programs --install pgbouncer
	@DB_PREPARED_STATEMENTS=false exec $(TESTS) --ignore=tests/e2e

.PHONY: soak
soak: $(STAMPS)/dev frontend ## Run the long fault and load tests (they need PgBouncer and HAProxy, installed where apt-get may be used)
	@$(BIN)/python -m tools.soak_programs --install
	@exec $(BIN)/python -m pytest -m soak tests

##@ Setting up

.PHONY: frontend
frontend: $(STAMPS)/runtime ## Build the front-end bundle, when its sources have changed
	@$(BIN)/python -m tools.frontend

.PHONY: wheel
wheel: $(STAMPS)/runtime frontend ## Build the wheel into dist/, and start the board from it alone
	@$(BIN)/python -m tools.wheel --try

.PHONY: kubectl
kubectl: $(STAMPS)/venv ## Install kubectl for the check of the Kubernetes objects, where apt-get may be used
	@$(BIN)/python -m tools.kubectl --install

.PHONY: browser
browser: $(STAMPS)/venv ## Install Chromium for the end-to-end tests, where apt-get may be used
	@$(BIN)/python -m tools.browser --install

.PHONY: lock
lock: $(STAMPS)/venv ## Lock the packages anew after a change in pyproject.toml (UPGRADE=1 takes the newest versions)
	$(LOCK) pyproject.toml --output-file requirements/runtime.txt >/dev/null
	$(LOCK) pyproject.toml --extra otel --constraints requirements/runtime.txt --output-file requirements/otel.txt >/dev/null
	$(LOCK) pyproject.toml --extra dev --extra otel --constraints requirements/runtime.txt --output-file requirements/dev.txt >/dev/null
	$(LOCK) --group build --constraints requirements/dev.txt --output-file requirements/build.txt >/dev/null
	$(LOCK) --group frontend --output-file requirements/frontend.txt >/dev/null
	$(LOCK) --group packaging --constraints requirements/dev.txt --output-file requirements/packaging.txt >/dev/null
	$(LOCK) --group uv --output-file requirements/uv.txt >/dev/null

.PHONY: clean
clean: ## Remove the environment, the demonstration's data and the bundle
	@if [ -n "$$DATA_DIR" ] && [ -z "$$(find "$$DATA_DIR" -maxdepth 2 -name leases 2>&1)" ]; then \
		echo "$$DATA_DIR was left alone: it does not hold the board's data."; \
	else rm -rf "$${DATA_DIR:-.data}"; fi
	@rm -rf .venv dist src/adminboard/web/static/dist frontend/.build frontend/node_modules
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis coverage.json

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^##@ /{printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

$(STAMPS)/venv: requirements/uv.txt tools/environment.py
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed, and none is on the path." >&2; exit 1; }
	@$(PYTHON) tools/environment.py venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: $(STAMPS)/venv requirements/runtime.txt requirements/build.txt pyproject.toml
	@$(BIN)/python tools/environment.py runtime
	@touch $@

$(STAMPS)/dev: $(STAMPS)/runtime requirements/dev.txt
	@$(BIN)/python tools/environment.py dev
	@touch $@

$(STAMPS)/packaging: $(STAMPS)/dev requirements/packaging.txt
	@$(BIN)/python tools/environment.py packaging
	@touch $@
