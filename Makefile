# Every target is explained by `make help`. Set-up is done by tools/bootstrap.py, which leaves stamps: a second run is quick.
SHELL := /bin/bash
PY := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.venv/node/bin:$(PATH)
export PYTHONUNBUFFERED := 1
export PYTHONUTF8 := 1
BOOT := python3 tools/bootstrap.py
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: run
run: ## set up whatever is missing, start everything, print the addresses; Ctrl-C stops it
	@command -v python3 >/dev/null || { echo '✗ 缺少 python3(3.11 以上),请先执行: apt-get install python3 python3-venv' >&2; exit 1; }
	@$(BOOT) runtime web
	@exec $(PY) -m tools.supervise

.PHONY: setup
setup: ## environment, tools and packages for development and tests, nothing started
	@$(BOOT) system runtime dev web-packages miniprogram-packages web

.PHONY: test
test: setup ## everything CI runs: lint, unit tests, web tests, the mini-program, journeys
	@$(PY) -m tools.check test

.PHONY: lint
lint: ## ruff, mypy, import-linter, vue-tsc, eslint
	@$(BOOT) runtime dev web-packages
	@$(PY) -m tools.check lint

.PHONY: fix
fix: ## let ruff mend what it can
	@$(BOOT) runtime dev
	@$(PY) -m ruff check --fix .

.PHONY: unit
unit: ## Python and web unit tests, no browser journeys
	@$(BOOT) runtime dev web-packages miniprogram-packages web
	@$(PY) -m tools.check unit

.PHONY: journey
journey: setup ## the whole user guide in real Chromium, with real media
	@$(PY) -m tools.check journey

.PHONY: miniprogram
miniprogram: ## the mini-program: its files, types, logic, sizes, and its pages at random steps
	@$(BOOT) system runtime dev web-packages miniprogram-packages web
	@$(PY) -m tools.check miniprogram

.PHONY: bench
bench: ## speed against peers, measured in the same run
	@$(BOOT) runtime dev node
	@$(PY) -m tools.check bench

.PHONY: drill
drill: ## kill -9 of web, worker and Redis in mid session: nothing acknowledged is lost
	@$(BOOT) runtime dev
	@$(PY) -m tools.check drill

.PHONY: lock
lock: ## write constraints.txt: the exact versions of all that the requirements bring along
	@$(BOOT) runtime dev
	@$(PY) -m tools.lock

.PHONY: clean
clean: ## remove what was built and the demo's data (var/), keep the environment
	@rm -rf var web/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
