# Every task, the same by hand and in CI. A bare `make` lists them.

VENV := .venv
OLD_SERVER := $(VENV)/debian/usr/sbin/nats-server
MODULES := tests/interop/node_modules
# Links against an old C library, so that a wheel runs on every Linux of the last ten years.
ZIG := $(if $(filter Linux,$(shell uname)),--zig --compatibility manylinux2014)

.DEFAULT_GOAL := help
.PHONY: help demo test unit lint docs bench build python wheels mobile swift kotlin phones clean

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

build: ## build the library and the `jetblob` command
	cargo build --release -p jetblob -p jetblob-cli

demo: ## store a real file in a local store and read it back: needs cargo only
	cargo build --release -p jetblob-cli
	@sh scripts/demo target/release/jetblob Cargo.lock

test: ## set up all that the tests need, and run everything
	@sh scripts/test

unit: ## the tests inside the library, and the protocol on its own
	cargo check -p jetblob --no-default-features
	cargo test -p jetblob

python: $(VENV)/done ## build the Python package, unoptimized, for the tests
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(VENV)/bin/maturin develop --quiet

mobile: ## build the library that Swift and Kotlin call, unoptimized, and the code that calls it
	@sh scripts/mobile

swift: mobile $(VENV)/done ## build and test the Swift package
	cd swift && ../scripts/swift test --no-parallel --scratch-path ../target/swift

kotlin: mobile $(VENV)/done ## build and test the Kotlin module: needs Maven and a JDK
	mvn --batch-mode --no-transfer-progress --file kotlin/pom.xml verify

phones: $(VENV)/done ## check that the library for Swift and Kotlin compiles for iOS and Android
	sh scripts/phones

lint: python ## formatting, lints and types; each feature builds alone
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy -p jetblob --no-default-features -- -D warnings
	cargo clippy -p jetblob --no-default-features --features local -- -D warnings
	cargo clippy -p jetblob --no-default-features --features jetstream -- -D warnings
	cargo clippy -p jetblob --no-default-features --features context -- -D warnings
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy python tests/python bench
	$(VENV)/bin/pyright --pythonpath $(VENV)/bin/python python
	$(VENV)/bin/stubtest jetblob._native

docs: ## the library's documentation, without a warning
	RUSTDOCFLAGS="-D warnings" cargo doc -p jetblob --no-deps

wheels: $(VENV)/done ## the Python package in dist/: its source, and a wheel; TARGET=<triple> for another platform
	$(if $(TARGET),rustup target add $(TARGET))
	PATH=$(CURDIR)/$(VENV)/bin:$$PATH maturin build --release --sdist --out dist $(if $(TARGET),--target $(TARGET)) $(ZIG)

bench: $(VENV)/done ## jetblob beside other clients; QUICK=1 for a short run
	cargo build --release -p jetblob-cli
	cargo build --release -p bench
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(VENV)/bin/maturin develop --release --quiet
	$(VENV)/bin/python bench/run.py $(if $(QUICK),--quick)

$(VENV)/done: tests/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement tests/requirements.txt
	touch $@

$(MODULES)/done: tests/interop/package.json
	npm install --prefix tests/interop --no-package-lock --no-audit --no-fund --silent
	touch $@

# Unpacked here, not installed. Only a system with Debian's packages has it.
$(OLD_SERVER):
	sh scripts/old-server $(VENV)/debian

clean: ## remove what the tasks made
	rm -rf --one-file-system target swift/Generated $(VENV) $(MODULES)
