# make demo: a first benchmark on real data.  make test: everything that is checked.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

# Without byte code each process would compile every module again; pip would compile all there are.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test static doctests drills bench oracles metrics algorithms trust stability structure clean

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("segbench needs Python 3.11 or newer, found " + sys.version.split()[0] + "; try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -e '.[dev]' -c constraints.txt
	@touch $@

demo: $(VENV)/.installed
	$(BIN)/segbench run -m experiment=quickstart

test: $(VENV)/.installed
	$(MAKE) -j 2 --output-sync static doctests
	$(BIN)/pytest -n 2 --dist worksteal -m 'not drill' tests

drills: $(VENV)/.installed      # what takes long: kills, outages, how often intervals cover; minutes
	$(BIN)/pytest -n 2 --dist worksteal -m drill tests

static: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

doctests: $(VENV)/.installed    # and the kernels compiled that they use, before two workers would
	$(BIN)/pytest segbench

bench: $(VENV)/.installed
	$(BIN)/python experiments/speed/overhead.py
	$(BIN)/python experiments/speed/leaderboard.py
	$(BIN)/python experiments/speed/silhouette.py
	$(BIN)/python experiments/speed/gower.py
	$(BIN)/python experiments/speed/density.py
	$(BIN)/python experiments/speed/agreement.py
	$(BIN)/python experiments/speed/calibration.py
	$(BIN)/python experiments/speed/kprototypes.py
	$(BIN)/python experiments/speed/racing.py
	$(BIN)/python experiments/speed/replicates.py
	$(BIN)/python experiments/speed/study.py
	$(BIN)/python experiments/speed/mirroring.py

oracles: $(VENV)/.installed     # published numbers, where $$SEGBENCH_DATA has them
	$(BIN)/python experiments/published_tables/clustercrit.py
	$(BIN)/python experiments/published_tables/run.py

metrics: $(VENV)/.installed     # definitions and the conformance matrix
	$(BIN)/python experiments/metrics/run.py --write

algorithms: $(VENV)/.installed  # what every algorithm promises, and whether it keeps it
	$(BIN)/python experiments/algorithms/run.py --write

trust: $(VENV)/.installed       # which index to believe: some minutes
	$(BIN)/python experiments/metric_trust/run.py --write

stability: $(VENV)/.installed   # whether its intervals cover: ten minutes
	$(BIN)/python experiments/stability/intervals.py --write

structure: $(VENV)/.installed   # whether segments are claimed where there are none: 40 minutes
	$(BIN)/python experiments/stability/structure.py --write

clean:
	rm -rf $(VENV) build dist
