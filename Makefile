# Thin calls of the `ganaug` command. `make` alone lists the targets.
#
# Variables pass through to it:
#   make gan DATASET=cifar10 DATA_DIR=~/tensorflow_datasets CLASSES=airplane,cat STEPS=2000
#   make classify DATASET=path/to/folder PER_CLASS=50 INSTANCES=5 ARGS="--train.epochs 45"

PYTHON ?= python3
BIN    := .venv/bin
READY  := .venv/.ready

# What is given here is never read by make or by the shell: a path may hold quotes, dollars and
# spaces. make would expand what it exports; so each is taken as it stands, and the shell finds it
# in its environment. Only ARGS are words of the shell.
GIVEN := DATASET DATA_DIR SIZE CLASSES PER_CLASS SEED GROUP_BY RECIPE INSTANCES OUTPUTS WORKERS \
         STEPS MINUTES SEARCH COMPARISON STUDY PROFILE
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
export $(GIVEN)

option = $(if $($(1)),$(2)="$$$(1)")
DATA   = $(call option,DATASET,--dataset) $(call option,DATA_DIR,--data-dir) $(call option,SIZE,--size) \
         $(call option,CLASSES,--classes) $(call option,PER_CLASS,--per-class) $(call option,SEED,--seed) \
         $(call option,GROUP_BY,--group-by)
COMMON = $(DATA) $(call option,RECIPE,--recipe) $(call option,INSTANCES,--instances) \
         $(call option,OUTPUTS,--outputs) $(call option,WORKERS,--workers)

.DEFAULT_GOAL := help
DOCTESTS = --doctest-modules groundwork ganaug classifiers pipelines
BENCH = $(call option,DATA_DIR,--data-dir) $(ARGS) $(if $(DATASET),-- "$$DATASET")

.PHONY: help install demo data gan compare classify tune study report test test-faults check lint
.PHONY: bench bench-gan bench-generators bench-data bench-classify bench-statistics bench-folder
.PHONY: bench-findings bench-choosing

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 26

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("ganaug needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

install: $(READY)  ## Make .venv and install the pinned dependencies

demo: $(READY)  ## The whole job on embedded digits, in 4 minutes: a verdict, a report, a classifier
	$(BIN)/ganaug compare --preset demo --minutes 4 $(ARGS)

data: $(READY)  ## Describe a data set and what would be drawn from it (DATASET, DATA_DIR, CLASSES, …)
	$(BIN)/ganaug data $(DATA) $(ARGS)

gan: $(READY)  ## Train one DCGAN a class (DATASET, DATA_DIR, CLASSES, PER_CLASS, SEED, STEPS, …)
	$(BIN)/ganaug gan $(COMMON) $(call option,STEPS,--steps) $(ARGS)

compare: $(READY)  ## Find what to do with your images, and get the classifier (DATASET=path MINUTES=10)
	$(BIN)/ganaug compare $(call option,DATASET,--dataset) $(call option,MINUTES,--minutes) $(ARGS)

classify: $(READY)  ## Compare classifiers with and without synthetic images (the same variables)
	$(BIN)/ganaug classify $(COMMON) $(call option,STEPS,--gan.steps) $(ARGS)

tune: $(READY)  ## Search for better settings (SEARCH=pereira-p12 or a file, and the same variables)
	$(BIN)/ganaug tune $(DATA) $(call option,SEARCH,--search) $(call option,INSTANCES,--instances) \
	  $(call option,OUTPUTS,--outputs) $(call option,WORKERS,--workers) $(ARGS)

study: $(READY)  ## Rows of the published studies (STUDY="p9 k3", a letter, or all; PROFILE=smoke, quick or paper)
	set -f; $(BIN)/ganaug study run $(if $(STUDY),$$STUDY,--all) $(call option,PROFILE,--profile) $(DATA) \
	  $(call option,OUTPUTS,--outputs) $(call option,WORKERS,--workers) $(ARGS)

report: $(READY)  ## Write the page of a finished comparison again (COMPARISON=outputs/comparison/…)
	$(BIN)/ganaug report $(call option,COMPARISON,--comparison) $(ARGS)

bench: bench-gan bench-data bench-classify  ## Everything beside what one would write instead

bench-gan: $(READY)  ## Training DCGANs beside the loop of the tutorials (DATASET, DATA_DIR, ARGS)
	$(BIN)/python -m bench.gan $(BENCH)

bench-generators: $(READY)  ## What each ingredient of a generator is worth (ARGS="--variants all")
	$(BIN)/python -m bench.generators $(BENCH)

bench-data: $(READY)  ## Augmentation beside Keras' layers inside Dataset.map (ARGS)
	$(BIN)/python -m bench.data $(ARGS)

bench-statistics: $(READY)  ## How often equal arms are told apart, and different ones are not (DATA_DIR, ARGS)
	$(BIN)/python -m bench.statistics $(BENCH)

bench-classify: $(READY)  ## Many small trainings beside a naive loop (ARGS="--splits 4")
	$(BIN)/python -m bench.classify $(BENCH)

bench-folder: $(READY)  ## Opening a folder of 100,000 pictures, and drawing from it (ARGS)
	$(BIN)/python -m bench.folder $(ARGS)

bench-findings: $(READY)  ## Planted copies and wrong labels: what the check of `ganaug data` finds (DATASET, DATA_DIR, ARGS)
	$(BIN)/python -m bench.findings $(BENCH)

bench-choosing: $(READY)  ## How much choosing the best of ten ways flatters (DATASET, DATA_DIR, ARGS)
	$(BIN)/python -m bench.choosing $(BENCH)

# By name, not by number of tests: the slowest file has few, and would run last and alone.
PYTEST = $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

test: $(READY)  ## Run all tests, and the examples in the docstrings
	$(PYTEST) $(or $(ARGS),tests $(DOCTESTS))

test-faults: $(READY)  ## What must never happen, tried many times; LONG=1 tries at length (ARGS="-k kill")
	PYTHONPATH=. $(PYTEST) -p tests.faults.plugin $(if $(LONG),--long) tests/faults $(ARGS)

check: lint  ## What every commit must pass, in under a minute: lint, doctests, the fast tests
	$(PYTEST) -q -m "not slow" tests $(DOCTESTS)

lint: $(READY)  ## ruff, mypy and import-linter (the order of the rooms)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
