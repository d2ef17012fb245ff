# Every task, the same by hand and in CI. A bare `make` lists them.

include tests/interop/versions
# For tests/requirements.txt.
export NATS_PY

VENV := .venv
OLD_SERVER := $(VENV)/debian/usr/sbin/nats-server
NODE := node/node_modules
INTEROP := target/interop
# The drivers of other clients; what `make test` can't have here it skips.
DRIVERS := $(if $(JETBLOB_SKIP_GO),,$(INTEROP)/go/driver $(INTEROP)/bin/nats) \
	$(if $(JETBLOB_SKIP_JAVA),,$(INTEROP)/java/done) $(if $(JETBLOB_SKIP_NODE),,$(INTEROP)/node/done)
BENCH := target/bench
# Other clients to measure; who can't be built here is told as missing.
CONTENDERS := $(INTEROP)/node/done $(if $(shell command -v go),$(BENCH)/go/bench) \
	$(if $(shell command -v mvn),$(BENCH)/java/Bench.class)
# Links against an old C library, so that a wheel runs on every Linux of the last ten years.
ZIG := $(if $(filter Linux,$(shell uname)),--zig --compatibility manylinux2014)

.DEFAULT_GOAL := help
.PHONY: help demo test unit lint deny fuzz docs interop faults soak bench build python node wheels mobile swift kotlin phones clean

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

node: $(NODE)/done $(INTEROP)/node/done ## build the npm package, unoptimized, for the tests
	npm run --prefix node --silent native
	npm run --prefix node --silent build

mobile: ## build the library that Swift and Kotlin call, unoptimized, and the code that calls it
	@sh scripts/mobile

swift: mobile $(VENV)/done ## build and test the Swift package
	cd swift && ../scripts/swift test --no-parallel --scratch-path ../target/swift

kotlin: mobile $(VENV)/done ## build and test the Kotlin module: needs Maven and a JDK
	mvn --batch-mode --no-transfer-progress --file kotlin/pom.xml verify

phones: $(VENV)/done ## check that the library for Swift and Kotlin compiles for iOS and Android
	sh scripts/phones

lint: python $(if $(JETBLOB_SKIP_NODE),,node) ## formatting, lints and types; each feature builds alone
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
	$(if $(JETBLOB_SKIP_NODE),@:,node/node_modules/.bin/biome check --error-on-warnings)

deny: ## licenses, sources and doubles of what is depended on: needs cargo-deny
	cargo deny check licenses bans sources

fuzz: ## made-up bytes for whatever reads bytes from outside; SECONDS=60 for each target; needs cargo-fuzz and nightly
	sh scripts/fuzz $(or $(SECONDS),60)

interop: $(VENV)/done $(DRIVERS) ## every client reads what every client writes: the table
	cargo test -p tests --test interop

faults: $(VENV)/done ## the table of faults, with what became of each
	cargo build -p jetblob-cli
	@JETBLOB_SKIP_OLDEST=1 python3 scripts/faults

soak: $(VENV)/done ## the tests of many minutes: gigabytes into a cluster whose leaders change
	JETBLOB_SOAK=1 cargo test -p tests --test faults soak_ -- --nocapture

docs: ## the library's documentation, without a warning
	RUSTDOCFLAGS="-D warnings" cargo doc -p jetblob --no-deps

wheels: $(VENV)/done ## the Python package in dist/: its source, and a wheel; TARGET=<triple> for another platform
	$(if $(TARGET),rustup target add $(TARGET))
	PATH=$(CURDIR)/$(VENV)/bin:$$PATH maturin build --release --sdist --out dist $(if $(TARGET),--target $(TARGET)) $(ZIG)

bench: $(VENV)/done $(VENV)/bench $(NODE)/done $(CONTENDERS) ## jetblob beside other clients; QUICK=1 for a short run, SUMMARY=1 for what the README shows
	cargo build --release -p jetblob-cli -p bench -p jetblob-node -p jetblob-mobile
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(VENV)/bin/maturin develop --release --quiet
	npm run --prefix node --silent native -- --release --built
	npm run --prefix node --silent build
	@sh scripts/bench-mobile
	$(VENV)/bin/python bench/run.py $(if $(QUICK),--quick) $(if $(SUMMARY),--summary) $(if $(ONLY),--only '$(ONLY)')

$(VENV)/done: tests/requirements.txt tests/interop/versions
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement tests/requirements.txt
	touch $@

$(VENV)/bench: bench/requirements.txt $(VENV)/done
	$(VENV)/bin/pip install --quiet --requirement bench/requirements.txt
	touch $@

$(NODE)/done: node/package.json
	npm install --prefix node --no-package-lock --no-audit --no-fund --silent
	touch $@

$(INTEROP)/go/driver: tests/interop/go/main.go tests/interop/versions
	mkdir -p $(@D)
	cp $< $(@D)
	cd $(@D) && { test -e go.mod || go mod init interop; } && go get github.com/nats-io/nats.go@v$(NATS_GO) \
		&& go build -buildvcs=false -o driver .

$(BENCH)/go/bench: bench/clients/go/main.go tests/interop/versions
	mkdir -p $(@D)
	cp $< $(@D)
	cd $(@D) && { test -e go.mod || go mod init bench; } && go get github.com/nats-io/nats.go@v$(NATS_GO) \
		&& go build -buildvcs=false -o bench .

$(BENCH)/java/Bench.class: bench/clients/java/Bench.java $(INTEROP)/java/done
	javac -Xlint:all -Werror -d $(@D) -cp '$(INTEROP)/java/jars/*' $<

$(INTEROP)/bin/nats: tests/interop/versions
	GOBIN=$(CURDIR)/$(@D) go install github.com/nats-io/natscli/nats@v$(NATS_CLI)
	touch $@

$(INTEROP)/java/done: tests/interop/java/Driver.java tests/interop/java/pom.xml tests/interop/versions
	rm -rf $(@D)
	mvn --batch-mode --quiet --file tests/interop/java/pom.xml -Djnats=$(NATS_JAVA) \
		dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(@D)/jars
	javac -Xlint:all -Werror -d $(@D)/classes -cp '$(@D)/jars/*' $<
	touch $@

$(INTEROP)/node/done: tests/interop/node/driver.mjs tests/interop/versions
	mkdir -p $(@D)
	npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --silent \
		@nats-io/obj@$(NATS_OBJ) @nats-io/transport-node@$(NATS_TRANSPORT_NODE)
	cp $< $(@D)
	touch $@

# Unpacked here, not installed. Only a system with Debian's packages has it.
$(OLD_SERVER):
	sh scripts/old-server $(VENV)/debian

clean: ## remove what the tasks made
	rm -rf --one-file-system target $(VENV) $(NODE) node/dist node/*.node swift/Generated swift/.build
