# The front door. Every target installs what it needs first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ENGINES := $(VENV)/.engines

# Every command and test that starts a process would compile the sources anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test parity check format oracle bench validity docs clean

demo: $(READY)
	$(BIN)/icans demo --out icans-demo

test: $(READY)
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile

# The same numbers on every engine; tools/services.sh installs the Java and the PostgreSQL server it needs.
parity: $(ENGINES)
	tools/services.sh
	$(BIN)/python -m pytest tests/parity --durations=10

# Strict types of a module need the engine it is for.
check: $(ENGINES)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

oracle:
	for script in tests/oracles/*.R; do Rscript $$script tests/oracles || exit 1; done

bench: $(READY)
	@$(BIN)/python -c "import polars" 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt polars
	$(BIN)/python -m bench

validity: $(READY)
	$(BIN)/python -m bench.validity --write

docs: $(READY)
	$(BIN)/python tools/docs.py

clean:
	rm -rf $(VENV) icans-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "icans needs Python 3.11 or later: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Installing what icans needs into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,sqlite]"
	@touch $(READY)

$(ENGINES): $(READY)
	@echo "Installing what the other engines need into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	  -e ".[dev,sqlite,spark,postgres,delta,iceberg]"
	@touch $(ENGINES)
