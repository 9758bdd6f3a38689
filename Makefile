# What each target does: make help
SHELL := /bin/bash
export KIND ADDON RESET PHARMA_PORT
MAKEFLAGS += --no-print-directory
DB ?= pharma_demo

.DEFAULT_GOAL := help
.PHONY: help demo demo-up demo-down test lint fmt screenshots verify-audit archive-audit shell psql logs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## install all, build and start the demo; Ctrl-C stops it (PHARMA_PORT=8069, RESET=1)
	@setpriv --pdeathsig TERM scripts/demo # stops even when make is killed outright

demo-up: ## the same, detached
	@scripts/demo up

demo-down: ## stop the detached demo
	@scripts/demo down

test: ## all tests; narrow with KIND=unit|addon|e2e or ADDON=pharma_x
	@scripts/test

lint: ## every linter, changing nothing
	@scripts/lint

fmt: ## format and fix what can be fixed
	@scripts/lint --fix

screenshots: ## drive the demo in Chromium, pictures in .run/screenshots
	@scripts/demo up
	@. scripts/common.sh && scripts/setup dev && .venv/bin/python scripts/screenshots.py

bench-%: ## one benchmark, bench/NAME.py; the last line is its JSON result
	@scripts/setup dev && scripts/postgres start && . scripts/common.sh && .venv/bin/python bench/$(subst -,_,$*).py

verify-audit: ## prove the audit trail of a database (DB=name, HEAD=number:hash)
	@scripts/setup && scripts/postgres start && . scripts/common.sh && .venv/bin/python scripts/verify_audit.py $(DB) $(if $(HEAD),--head $(HEAD))

archive-audit: ## move a month past its retention to a file (DB=name, MONTH=2016-01)
	@scripts/postgres start && scripts/archive_audit $(DB) $(MONTH)

shell: ## Odoo shell on the demo database (DB=name)
	@scripts/postgres start && scripts/odoo shell -d $(DB) --no-http

psql: ## SQL on the demo database (DB=name)
	@scripts/postgres start && . scripts/common.sh && psql -d $(DB)

logs: ## follow the logs
	@tail -n 20 -F .run/log/*.log

clean: ## stop all; remove databases, logs, the virtual environment, but no downloads
	@scripts/clean
