# What people type. Everything runs from .venv, which bin/setup makes from the pinned requirements.
BIN := .venv/bin
JOBS ?= 2
ARGS ?=
CRASH_ROUNDS ?= 20

# Some machines forbid it; then each process compiles everything again, and takes twice as long to start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run dev demo shell test check check-style check-types check-imports check-migrations check-shape
.PHONY: assets routes bench crash lock format clean setup setup-dev

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@bin/setup

setup-dev:
	@bin/setup dev

run: setup ## serve, with a private PostgreSQL unless DATABASE_URL names one
	@bin/tocsin serve $(ARGS)

dev: setup ## serve for people who change it: reload, demo data, caught mail
	@bin/tocsin serve --dev $(ARGS)

demo: setup ## show an incident from the first alert to the postmortem
	@bin/tocsin demo $(ARGS)

shell: setup ## a psql shell on the database
	@bin/tocsin dbshell $(ARGS)

test: setup-dev ## all tests; ARGS="-k word" for some
	@bin/packages
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: check-style check-types check-imports check-migrations check-shape ## style, types, imports, migrations, shape; with -k all of them

check-style: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

check-types: setup-dev
	@$(BIN)/mypy

check-imports: setup-dev
	@$(BIN)/lint-imports --no-cache

check-migrations: setup-dev
	@$(BIN)/squawk --config .squawk.toml tocsin/migrations/*.sql

check-shape: setup-dev
	@$(BIN)/python -m pytest tests/shape

bench: setup-dev ## each file of bench/ compares two things and prints a ratio
	@bin/packages bench
	@$(BIN)/python -m bench $(ARGS)

crash: setup-dev ## kill everything, many times over; CRASH_ROUNDS=200 for a long night
	@CRASH_ROUNDS=$(CRASH_ROUNDS) $(BIN)/python -m pytest -m crash $(ARGS)

# Indexes are left out on purpose: where packages come from is the business of whoever installs them.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: ## pin the newest allowed versions again (needs uv)
	@$(LOCK) --upgrade pyproject.toml -o requirements.txt
	@$(LOCK) --upgrade --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

assets: ## bundle what the browser needs from others again (needs Node; the result is committed)
	@cd assets && npm ci --no-audit --no-fund && npx esbuild yjs.js --bundle --format=esm --minify --target=es2022 --legal-comments=none \
	  --banner:js="/* Yjs 13.6.33 and lib0, (c) Kevin Jahns, MIT licence. Built by make assets. */" --outfile=../tocsin/web/static/js/yjs.js

routes: setup-dev ## write docs/routes.md again
	@$(BIN)/python -m tests.shape.test_routes

format: setup-dev ## mend style
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

clean: ## remove what was made here; data folders stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
