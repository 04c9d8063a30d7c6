# Thin calls of the `ganaug` command. Every variable below passes through to it:
#   make gan DATASET=cifar10 DATA_DIR=~/tensorflow_datasets CLASSES=airplane,cat STEPS=2000

PYTHON ?= python3
BIN    := .venv/bin
READY  := .venv/.ready

.DEFAULT_GOAL := help

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "ganaug needs Python 3.11 or newer, this is " + sys.version'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

install: $(READY)  ## Make .venv and install the pinned dependencies
