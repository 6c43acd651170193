# make serve: read the site on localhost.   make test: everything that CI checks.
PYTHON ?= python3
PORT ?= 8000
# Snippets and the Markdown extension are imported from the tree; nothing of ours is installed.
RUN = PYTHONPATH=. .venv/bin/python -m

.PHONY: serve test check build measure bench lint format lock way-out setup clean

serve: setup
	@$(RUN) scripts.serve --port $(PORT)

test: setup-browser
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) pytest $(if $(STRICT_FACTS),--strict-facts)

check: setup # all that needs no snippet to run, in seconds
	@$(RUN) scripts.check

build: setup
	@$(RUN) scripts.build

measure: setup # make measure SNIPPETS="train inference" DEVICE=cuda
	@$(RUN) scripts.measure $(SNIPPETS) $(if $(DEVICE),--device $(DEVICE))

lint: setup
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

format: setup
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

lock: # needs uv; rewrites requirements.lock from pyproject.toml
	uv pip compile pyproject.toml --group test --universal --python-version 3.11.5 \
		--generate-hashes --no-emit-package torch --quiet -o requirements.lock

way-out: .venv-way-out/installed # make way-out FOLDER=new-folder keeps what was built
	@PYTHONPATH=. .venv-way-out/bin/python -m scripts.way_out $(FOLDER)

# Apart from .venv and its lock: an experiment must not move what the site is built with.
.venv-way-out/installed: pyproject.toml
	@echo "Installing Zensical..."
	@$(PYTHON) -m venv --clear .venv-way-out
	@.venv-way-out/bin/python -m pip install --quiet --disable-pip-version-check pip==26.3 # --group needs 25.1
	@.venv-way-out/bin/python -m pip install --quiet --disable-pip-version-check --group way-out
	@touch $@

bench: .venv-peers/installed # make bench BENCH="--preset gpt2 --device cuda"; one that was stopped goes on
	@PYTHONPATH=.:snippets .venv-peers/bin/python -m scripts.bench_peers $(BENCH)

# Apart from .venv, as above. torch comes first and pinned: nothing else may bring in another one.
.venv-peers/installed: pyproject.toml
	@echo "Installing the libraries to compare with..."
	@$(PYTHON) -m venv --clear .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check pip==26.3 # --group needs 25.1
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --group peers
	@touch $@

setup:
	@$(PYTHON) scripts/bootstrap.py

setup-browser:
	@$(PYTHON) scripts/bootstrap.py --browser

clean:
	rm -rf .venv .venv-way-out .venv-peers site .cache
