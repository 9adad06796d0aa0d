# make run: the API with demo data.   make test: the suite on both databases.
# make check: what must hold before a commit.   The rest: make help.

VENV ?= .venv
BIN := $(VENV)/bin
# The first of these that is new enough; `make PYTHON=...` chooses another.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header $(ARGS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-sqlite test-mongodb races deadline rush model check check-dockerfile coverage bench-accounts bench-uploads bench-opening bench-engine faults format messages lock

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make run            start the API, the outbox, the scheduled tasks and demo data on port 8000 (PORT=8001 for another)
run: $(VENV)/.runtime .env var/.static
	@$(BIN)/python manage.py migrate --no-input --verbosity 0
	@$(BIN)/python manage.py load_demo --if-empty
	@exec $(BIN)/python -m scripts.serve

## make test           run the tests on SQLite, then on MongoDB (ARGS="-k register" for some)
test: $(VENV)/.dev
	@exec $(BIN)/python -m scripts.run_tests sqlite mongodb -- $(ARGS)

## make test-sqlite    run the tests on SQLite only
test-sqlite: $(VENV)/.dev
	@exec $(BIN)/python -m scripts.run_tests sqlite -- $(ARGS)

## make test-mongodb   run the tests on MongoDB only
test-mongodb: $(VENV)/.dev
	@exec $(BIN)/python -m scripts.run_tests mongodb -- $(ARGS)

## make coverage       the tests on SQLite, with branch coverage
coverage: $(VENV)/.dev
	@exec $(BIN)/python -m scripts.run_tests sqlite -- --cov --cov-report=term-missing:skip-covered $(ARGS)

## make races          the races at length, with their table (ROUNDS=200 for more)
races: $(VENV)/.dev
	@RACE_ROUNDS=$(or $(ROUNDS),50) $(BIN)/python -m scripts.run_tests sqlite mongodb -- tests/races $(ARGS)

## make deadline       1,000 teams hand in within two seconds of the deadline, over four processes (TEAMS=200 for fewer)
deadline: $(VENV)/.dev
	@DEADLINE_SUBMISSIONS=$(or $(TEAMS),1000) $(BIN)/python -m scripts.run_tests sqlite mongodb -- tests/races/test_deadline_edge.py $(ARGS)

## make rush           200 teams upload 1 MB and hand it in within a minute (TEAMS=500 SECONDS=60 for more)
rush: $(VENV)/.dev
	@RUSH_TEAMS=$(or $(TEAMS),200) RUSH_SECONDS=$(or $(SECONDS),60) $(BIN)/python -m scripts.run_tests sqlite mongodb -- tests/races/test_rush.py $(ARGS)

## make model          teams, seats and waiting list against their model, at length (EXAMPLES=500 for more)
model: $(VENV)/.dev
	@MODEL_EXAMPLES=$(or $(EXAMPLES),200) $(BIN)/python -m scripts.run_tests sqlite mongodb -- tests/registrations/test_lifecycle_model.py $(ARGS)

## make check          format, lint, import order, types, messages, migrations and deployment on both databases
check: export ENVIRONMENT = test
check: export ENV_FILE = /dev/null
check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -m scripts.compile_messages --check
	$(BIN)/python -m scripts.check_engines

## make check-dockerfile  run the Dockerfile's steps and its server in an empty folder
check-dockerfile: $(VENV)/.dev
	$(BIN)/python -m scripts.check_dockerfile

## make bench-accounts what a log-in and the check of a token cost, on both databases
bench-accounts: $(VENV)/.dev
	@TEST_DATABASE=sqlite $(BIN)/python -m bench.accounts
	@TEST_DATABASE=mongodb $(BIN)/python -m bench.accounts

## make bench-opening  1,000 teams register as fast as they come, on both databases (ARGS="--teams 200")
bench-opening: $(VENV)/.dev
	@TEST_DATABASE=sqlite $(BIN)/python -m bench.opening $(ARGS)
	@TEST_DATABASE=mongodb $(BIN)/python -m bench.opening $(ARGS)

## make bench-uploads  memory and time of a 500 MB upload, on the disk and on S3 (MEGABYTES=60)
bench-uploads: $(VENV)/.dev
	@$(BIN)/python -m bench.uploads

## make format         format the code and apply ruff's safe fixes
format: $(VENV)/.dev
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

## make messages       compile the translations (.po to .mo)
messages: $(VENV)/.dev
	$(BIN)/python -m scripts.compile_messages

## make bench-engine   time the MongoDB engine beside stock, PyMongo and SQLite (ARGS="--rows 2000 --rounds 1")
bench-engine: $(VENV)/.bench
	$(BIN)/python -m bench.engine --plot $(ARGS)

## make faults         kill the primary of three MongoDB nodes five times while clients write
faults: $(VENV)/.dev
	$(BIN)/python -m tests.db.mongodb.failover $(ARGS)

## make lock           write requirements*.txt from requirements*.in (ARGS=--upgrade for newer ones)
lock: $(VENV)/.dev
	$(LOCK) --output-file requirements.txt requirements.in
	$(LOCK) --output-file requirements-dev.txt requirements-dev.in
	$(LOCK) --output-file requirements-bench.txt requirements-bench.in
	@for name in requirements requirements-dev requirements-bench; do \
		{ sed '/^[^#]/,$$d' $$name.in; cat $$name.txt; } > $$name.tmp && mv $$name.tmp $$name.txt; \
	done

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

$(VENV)/.bench: requirements-bench.txt $(VENV)/.dev | $(VENV)/bin/python
	$(PIP_INSTALL) -r requirements-bench.txt
	@touch $@

.env: | $(VENV)/.runtime
	@$(BIN)/python -m scripts.create_env

STATIC_FILES := $(shell find accounts competition_site registrations submissions -path '*/static/*' -type f)
var/.static: $(VENV)/.runtime $(STATIC_FILES) | .env
	@$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@mkdir -p var && touch $@
