# Everything somebody runs by hand. `make` alone lists it.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# What is installed is on record in the environment itself, and made anew only when a lock file, pyproject.toml or the
# place of the checkout changes, or when the Python it was made with is gone.
HERE   := $(shell pwd | cksum | cut -d' ' -f1)
RUNS   := $(VENV)/.installed-$(HERE)
CHECKS := $(VENV)/.installed-dev-$(HERE)
ifneq ($(shell $(BIN)/python -c 'print("works")' 2>/dev/null),works)
BROKEN := broken
endif

# What one process has compiled the others need not.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test drill demo bench lock clean broken browser

help:  ## 本说明 / this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  PORT=8081 make run          换端口 / another port'
	@echo '  PYTHON=python3.12 make run  换 Python / another Python'
	@echo '  BENCH_QUICK=1 make bench    三分钟的简短性能测试 / a benchmark of three minutes'

run: $(RUNS)  ## 启动服务和演示县,Ctrl-C 停止 / run the service with the demo county
	@exec $(BIN)/grid-dispatch serve --demo

test: $(CHECKS)  ## 全部检查和测试 / every check and test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory browser
	$(BIN)/pytest -n 2 -m 'not drill'

drill: $(CHECKS)  ## 较长的演练 / the longer exercises
	HYPOTHESIS_PROFILE=drill $(BIN)/pytest -m drill

demo: $(RUNS)  ## 对运行中的服务演示一天 / play a day against the running service
	@exec $(BIN)/grid-dispatch demo

bench: $(CHECKS)  ## 性能测试,十五分钟 / the benchmark, a quarter of an hour
	@exec $(BIN)/python -m bench $(SUBJECTS)

lock: $(CHECKS)  ## 重新锁定依赖 / lock the dependencies anew
	$(LOCK) pyproject.toml --group build -o requirements.lock
	$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q

clean:  ## 删除环境和缓存,不动数据 / remove the environment and caches, never data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist *.egg-info
	find dispatch grid_model scheduler tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

ASSETS := $(addprefix dispatch/web/assets/,package-lock.json build.py charts.js)

$(RUNS): requirements.lock pyproject.toml $(ASSETS) $(BROKEN)
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo '需要 Python 3.11 或更新的版本;如已装在别处:make run PYTHON=/路径/python3.11' >&2; \
			echo 'Python 3.11 or later is needed; where it is elsewhere: make run PYTHON=/path/to/python3.11' >&2; \
			exit 1; \
		fi; \
		if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
			echo '缺少 Python 的 venv 模块;在 Debian/Ubuntu 上请先运行:apt-get install python3-venv' >&2; \
			echo 'Python lacks its venv module; on Debian/Ubuntu run first: apt-get install python3-venv' >&2; \
			exit 1; \
		fi; \
		rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); \
	fi
	@echo '正在安装依赖,首次需要几分钟…… / installing the dependencies, a few minutes the first time…'
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.installed* && touch $@

$(CHECKS): $(RUNS) requirements-dev.lock
	@echo '正在安装检查工具…… / installing what the checks need…'
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

# What the tests of the pages look through: a browser, and fonts for what people read and see there.
browser:
	@command -v chromium >/dev/null && fc-list :lang=zh | grep -q . && fc-list | grep -qi emoji || { \
		echo '正在安装 Chromium 和字体…… / installing Chromium and fonts…'; \
		[ "$$(id -u)" = 0 ] && AS= || AS='sudo -n'; \
		$$AS apt-get update -q >/dev/null && $$AS env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -q chromium fonts-noto-cjk fonts-noto-color-emoji >/dev/null || { \
			echo '装不上 Chromium;请自行安装 chromium 和中文字体,再运行 make test' >&2; \
			echo 'Chromium could not be installed; install it and Chinese fonts yourself, then run make test again' >&2; \
			exit 1; }; }

broken:
