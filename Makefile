# callengine: `make demo` shows it at work, `make test` proves it. Everything needed is fetched without root.
SHELL := /bin/sh
PYTHON ?= python3
FRESH ?=
DEMO_SECONDS ?= 120
CACHE := $(or $(CALLENGINE_CACHE),$(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME)/callengine,$(HOME)/.cache/callengine))
BIN := .venv/bin
export CALLENGINE_CACHE := $(CACHE)
export PIP_CACHE_DIR := $(CACHE)/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup centre demo test tests-together test-long walk mutants pictures reference chaos fuzz soak bench wheel deb dashboards lint format lock clean

help:
	@echo "See it work"
	@echo "  make demo       a whole centre on this machine: Asterisk, engine, six softphones, residents who call"
	@echo "                  (DEMO_SECONDS=$(DEMO_SECONDS); Ctrl-C ends it)"
	@echo "  make walk       one answered and one missed call, followed from file to file: how the code hangs together"
	@echo "  make mutants    small faults put into queues and sla, one at a time: which ones no test notices"
	@echo "Change it"
	@echo "  make lint       only the checks that run nothing"
	@echo "  make format     what ruff can put right by itself"
	@echo "  make test       ruff, mypy, import-linter and every test, those on a real Asterisk included"
	@echo "                  (FRESH=1 ignores Asterisk, SIPp and the like that are installed on this machine)"
	@echo "Write what is generated"
	@echo "  make reference  docs/reference and the list of settings, from the code"
	@echo "  make dashboards config/grafana, from config/dashboards"
	@echo "  make pictures   docs/pictures: the wallboard, a month's report, the desk, as Chromium shows them"
	@echo "  make lock       requirements/*.txt, with the newest versions"
	@echo "Prove more"
	@echo "  make test-long  what takes minutes each: whole Debian machines, packages installed and purged (60 minutes)"
	@echo "  make bench      the engine against app_queue on one Asterisk in one run, real SIP phones (15 minutes)"
	@echo "  make chaos      engine, links, ledger and Asterisk killed and cut under load, 200 times and more (30 minutes)"
	@echo "  make fuzz       a million damaged inputs: AMI, settings, HTTP; hostile calls to a real Asterisk (20 minutes)"
	@echo "                  (AREA=desk: what the desk costs a call, and how quick its pages are)"
	@echo "  make soak       a million simulated calls through a whole engine (two hours)"
	@echo "Release it"
	@echo "  make wheel      dist/callengine-….whl, to be installed as docs/install.md tells"
	@echo "  make deb        dist/callengine_…+deb12_….deb for the Debian this is; the second time without a network"
	@echo "  make clean      remove what was made in this folder; downloads stay in $(CACHE)"

setup: .venv/.complete
	@$(PYTHON) asterisk-sample/provision.py --for-tests $(if $(FRESH),--fresh)

# What a running centre needs, without the tests' own tools.
centre: .venv/.complete
	@$(PYTHON) asterisk-sample/provision.py $(if $(FRESH),--fresh)

.venv/.complete: requirements/dev.txt pyproject.toml requirements/make_venv.py
	@$(PYTHON) requirements/make_venv.py .venv requirements/dev.txt

demo: centre
	@$(BIN)/callengine demo --seconds $(DEMO_SECONDS)

# One real call, followed from file to file as a reader must.
walk: setup
	@$(BIN)/python -m tests.walk

# Faults put into the core one at a time: whether the tests notice. `make mutants SEED=2 N=500`.
mutants: .venv/.complete
	@$(BIN)/python -m tests.mutants --seed $(or $(SEED),1) -n $(or $(N),300)

lint: .venv/.complete
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The checks that run nothing go beside the first tests. What measures time comes last, by itself.
test: setup
	@$(MAKE) --no-print-directory -j 2 lint tests-together
	$(BIN)/pytest -m "alone and not long"

# Six at a time on two cores: most of them wait for telephones.
tests-together: .venv/.complete
	$(BIN)/pytest -n 6 --dist worksteal -m "not alone and not long"

# Its own budget; what `make test` does not cover is covered here.
test-long: setup
	$(BIN)/pytest -m long --timeout 1800

chaos: setup
	@$(BIN)/python -m tests.chaos
	@$(BIN)/python -m tests.chaos --postgres

soak: .venv/.complete
	@$(BIN)/python -m tests.soak

fuzz: setup
	@$(BIN)/python -m tests.fuzz
	@$(BIN)/python -m tests.fuzz.calls

bench: centre
	@$(BIN)/python -m tests.bench$(if $(AREA),.$(AREA))

pictures: setup
	@$(BIN)/python -m tests.pictures docs/pictures

reference: .venv/.complete
	@$(BIN)/python -m tests.reference

wheel: .venv/.complete
	@rm -rf dist
	@$(BIN)/python -m pip --quiet wheel --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

deb: wheel
	@$(BIN)/python packaging/build_deb.py dist/*.whl dist

format: .venv/.complete
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

dashboards: .venv/.complete
	@$(BIN)/python -m config.dashboards $(if $(GOAL),--goal $(GOAL))

lock: .venv/.complete
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  --output-file requirements/run.txt pyproject.toml
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  --output-file requirements/dev.txt pyproject.toml requirements/dev.in

clean:
	rm -rf .venv .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
