# Two commands for a newcomer: `make demo` and `make test`. Each sets itself up in .venv.

PYTHON ?= python3
BIN := .venv/bin
PROFILE := release
export CARGO_TERM_COLOR ?= auto

.PHONY: demo test bench lint rust-test python-test format oracle clean

# The package, built once in release mode, editable, with the tools that the tests use.
.venv/installed: pyproject.toml Cargo.toml Cargo.lock $(shell find rust proto -name '*.rs' -o -name '*.toml' -o -name '*.proto' 2>/dev/null)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check maturin
	. $(BIN)/activate && maturin develop --quiet --release --extras test
	cargo build --quiet --release -p graphpb-cli
	touch $@

.venv/demo: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "scikit-learn>=1.2" "tqdm>=4"
	touch $@

demo: .venv/demo
	$(BIN)/python examples/demo.py --graphpb target/release/graphpb --out demo-out

test: lint rust-test python-test

lint: .venv/installed
	cargo fmt --all --check
	cargo clippy --quiet --release --workspace --all-targets -- -D warnings
	$(BIN)/ruff check python tests tools examples
	$(BIN)/ruff format --check python tests tools examples

rust-test: .venv/installed
	cargo test --release

python-test: .venv/installed
	$(BIN)/python -m pytest -q tests

# Beside its peers where they are installed: GRAPHPB_BENCH_TF, GRAPHPB_BENCH_TORCH and GRAPHPB_BENCH_JAX name their interpreters.
bench: .venv/installed
	$(BIN)/python tools/bench/compare.py

# Record what TensorFlow does (needs GRAPHPB_TF_PYTHON, an interpreter with tensorflow-cpu and tf-keras).
oracle:
	$(GRAPHPB_TF_PYTHON) tools/oracle/record.py

format: .venv/installed
	cargo fmt --all
	$(BIN)/ruff check --fix python tests tools examples
	$(BIN)/ruff format python tests tools examples

clean:
	rm -rf .venv target demo-out
