# Everything runs in an environment of the project's own (.venv), made on the first call.
# Debian's Python refuses to install outside one and may lack ensurepip, hence uv, kept in .outils.
PYTHON ?= python3
UV = PYTHONPATH=.outils $(PYTHON) -m uv
SYNC = $(UV) pip install --python .venv --compile-bytecode --require-hashes --quiet
BIN = .venv/bin
# Where a machine forbids it, each of the many processes of the tests compiles them all again.
export PYTHONDONTWRITEBYTECODE =

.PHONY: run test test-lourd coverage lint types bench docs lock dev clean

run: .venv/.run
	@$(BIN)/python -m pipelines.documents.demo

# A third worker for two cores: some tests wait (a night a minute, processes killed) and use none.
test: .venv/.dev .outils/duckdb-1.1/.made
	@$(MAKE) --no-print-directory -j2 -O lint types
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not lourd"

# The few tests that each take more than a quarter of a minute of processor, and nothing else.
test-lourd: .venv/.dev
	$(BIN)/python -m pytest -m lourd

coverage: .venv/.dev .outils/duckdb-1.1/.made
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --processes 2 sql

types: .venv/.dev
	$(BIN)/mypy

bench: .venv/.dev
	$(BIN)/python -m benchmarks.refresh
	$(BIN)/python -m benchmarks.portage
	$(BIN)/python -m benchmarks.market
	$(BIN)/python -m benchmarks.history

docs: .venv/.run
	$(BIN)/opac dictionnaire --sortie docs/dictionnaire.md
	$(BIN)/python -m pipelines.documents.commands docs/commandes.md
	$(BIN)/python -m pipelines.documents.answers docs/analystes.md
	$(BIN)/python -m pipelines.documents.published docs/chiffres-publies.md

dev: .venv/.run
	@$(BIN)/opac demarrer

lock: .outils/.uv
	$(UV) pip compile pyproject.toml --group build --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade --quiet -o requirements.txt
	$(UV) pip compile pyproject.toml --group build --group dev -c requirements.txt --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet -o requirements-dev.txt
	echo "duckdb==1.1.3" | $(UV) pip compile - --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet -o requirements-duckdb-1.1.txt

.outils/.uv:
	@$(PYTHON) -m pip --version > /dev/null || { echo "Python n'a pas pip : installez-le (sous Debian : apt-get install python3-pip), puis relancez make." >&2; exit 1; }
	$(PYTHON) -m pip install --quiet --target .outils uv
	@touch $@

.venv/.made: .outils/.uv
	$(UV) venv --quiet --python $(PYTHON) --allow-existing .venv
	@touch $@

.venv/.run: .venv/.made requirements.txt pyproject.toml
	$(SYNC) -r requirements.txt
	$(UV) pip install --python .venv --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	$(SYNC) -r requirements-dev.txt
	@touch $@

# An old DuckDB client, apart: a test opens a release with it.
.outils/duckdb-1.1/.made: .venv/.made requirements-duckdb-1.1.txt
	$(SYNC) --target .outils/duckdb-1.1 -r requirements-duckdb-1.1.txt
	@touch $@

clean:
	rm -rf .venv .outils .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* data/demo
