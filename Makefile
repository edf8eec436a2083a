# Two commands for newcomers: make run, make test. Everything is installed into .venv, from requirements.txt, which names all
# that is needed (a test says so); compiled by all processors at once instead of by pip.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
comma := ,
SAMPLE ?= $(or $(PCW_HOME),data)/sample
# A third of the commissioner, so that a first look takes minutes: make run PRACTICES=92 is the whole of it.
PRACTICES ?= 30

.PHONY: install run test test-slow kills mutants anomalies debian debian-slow ui superset superset-install spark-install lint bench bench-spark lock clean

install: $(STAMP)

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile -r requirements.txt
	$(BIN)/python -m compileall -q -j 0 $(VENV)/lib/python3*/site-packages >/dev/null 2>&1 || true # templates are no programs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

# Beside the clinical months: the finance of 2019/20, with its fifteen savings schemes.
# The sample is written once; afterwards its files are known and nothing is done twice. Its expected answers: pcw sample.
run: install
	test -d $(SAMPLE)/truth || $(BIN)/pcw sample --out $(SAMPLE) --from 2016-04 --to 2017-07 --practices $(PRACTICES) --no-truth \
	  --finance-from 2019-04 --finance-to 2020-03
	$(BIN)/pcw run --inbox $(SAMPLE)
	$(BIN)/pcw report

# Three workers on two processors: one of them waits for a disk or a program, and files lie in memory where that is ample. A second thread in each dbt only costs, and whoever is
# long begins early (tests/unit is last).
test: install debian
	PCW_DBT_THREADS=1 tests/in_memory.sh $(BIN)/python -m pytest -m "not slow" -n 3 --dist loadgroup --no-loadscope-reorder tests

# Goes on where it stopped: a failed or interrupted test is the first of the next call.
test-slow: install debian-slow
	tests/in_memory.sh $(BIN)/python -m pytest -m slow --stepwise tests

# kill -9 of landing, release and whole jobs; goes on where it stopped (KILLS is the folder that remembers). Figures: benchmarks/reliability.md.
KILLS ?= build/kills
kills: install
	nice $(BIN)/python -m tests.faults.kills --folder $(KILLS) --landing 800 --release 200 --jobs 60
	nice $(BIN)/python -m tests.faults.test_release_readers 200

# Mistakes put into contracts, suites, seeds, models and code: which of them no test notices. Goes on where it stopped (MUTANTS is the folder
# that remembers). Figures: benchmarks/reliability.md.
MUTANTS ?= build/mutants
mutants: install
	nice $(BIN)/python -m tests.mutation.mutants --folder $(MUTANTS)

# False alarms of 36 clean months, and the named drifts: which check finds each, and when. Figures: benchmarks/reliability.md.
anomalies: install
	nice $(BIN)/python -m benchmarks.anomalies

# Packages of debian-packages.txt: installed where this is Debian and we are root; elsewhere tests say what they miss and skip.
debian debian-slow:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  missing=$$(sed '$(if $(filter debian,$@),/^# Of slow/$(comma)$$d;)/^#/d' debian-packages.txt | while read -r p; do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	  if [ -n "$$missing" ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi; \
	else echo "Not root on Debian: tests that need the packages of debian-packages.txt skip where one is missing."; fi

# Then open http://127.0.0.1:3000; another port where that is taken: make ui PORT=3001
PORT ?= 3000
ui: install
	$(BIN)/pcw ui --port $(PORT)

# Superset with the dashboard of deploy/superset: an environment of its own, for it needs an older SQLAlchemy. Then open http://127.0.0.1:8088.
SUPERSET_PORT ?= 8088
SUPERSET_VENV := .venv-superset
superset: superset-install
	$(SUPERSET_VENV)/bin/python deploy/superset/serve.py --port $(SUPERSET_PORT)

superset-install: $(SUPERSET_VENV)/.installed

$(SUPERSET_VENV)/.installed: deploy/superset/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Superset is pinned for Python 3.11, this is " + sys.version.split()[0] + ". Give another: make superset PYTHON=python3.11") if sys.version_info[:2] != (3, 11) else None'
	test -x $(SUPERSET_VENV)/bin/python || $(PYTHON) -m venv $(SUPERSET_VENV)
	$(SUPERSET_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/superset/requirements.txt
	touch $@

# Spark and its dbt, for PCW_TARGET=spark (docs/spark.md): an environment of its own. It needs Java 17.
SPARK_VENV := .venv-spark
spark-install: $(SPARK_VENV)/.installed

$(SPARK_VENV)/.installed: deploy/spark/requirements.txt
	test -x $(SPARK_VENV)/bin/python || $(PYTHON) -m venv $(SPARK_VENV)
	$(SPARK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/spark/requirements.txt
	touch $@

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy pcw sources expectations orchestration publishing dbt_project
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

# What things cost, for benchmarks/results.md: takes hours, and nothing else should run. BENCH is the folder that keeps the histories.
BENCH ?= build/bench
bench: install
	$(BIN)/python -m benchmarks.gx_paths
	$(BIN)/python -m benchmarks.landing_engines
	$(BIN)/python -m benchmarks.sus_landing
	$(BIN)/python -m benchmarks.months $(BENCH) 8 3,24,60
	$(BIN)/python -m benchmarks.starting $(BENCH)/8-3/home $(BENCH)/8-3/before
	$(BIN)/python -m benchmarks.pages $(BENCH)/8-24/home
	$(BIN)/python -m benchmarks.landing_beside $(BENCH)/8-24/before 3

bench-spark: install spark-install
	$(BIN)/python -m benchmarks.spark_slopes

# Versions only: no address of a registry may stand in a file.
lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --extra dev pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header deploy/superset/requirements.in -o deploy/superset/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header deploy/spark/requirements.in -o deploy/spark/requirements.txt

clean:
	rm -rf $(VENV) $(SUPERSET_VENV) $(SPARK_VENV) dbt_project/target
