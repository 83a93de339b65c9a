# The targets. `make help` lists them; a new machine needs Rust, Go, make and a C compiler.

CARGO ?= cargo

.DEFAULT_GOAL := help
.PHONY: help demo test explore explore-pairs explore-coverage mutants bench lint deny control-plane build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build all programs
	$(CARGO) build --workspace --bins

control-plane: ## build the Kubernetes control plane for tests and the demo (minutes, once)
	@$(CARGO) run --quiet -p control-plane -- build

demo: build control-plane ## show the operator at work without a tenant; KEEP=1 leaves it running
	@$(CARGO) run --quiet -p lab --bin demo --$(if $(filter-out 0,$(KEEP)), --keep)

# An end-to-end test mostly waits, so more of them than there are cores run in parallel.
export RUST_TEST_THREADS ?= 6

test: build control-plane explore ## run all tests
	$(CARGO) test --workspace --exclude explore --no-fail-fast

# Every plan; `cargo test -p explore` carries out a few of them.
explore: ## explore every crash point and every answer, in process (minutes); PLANS=name selects scenarios
	EXPLORE_EVERY=1 $(CARGO) test --profile explore -p explore -- $(PLANS)

explore-pairs: ## explore plans in which two things go otherwise (an hour); EVERY=10 carries out every tenth
	EXPLORE_PAIRS=1 EXPLORE_EVERY=$(or $(EVERY),1) $(CARGO) test --profile explore -p explore

# What the explorer is to reach; the rest of the sources has tests of other kinds.
REACHED = --ignore-filename-regex '/src/(api|base|cli|cluster|controllers|graph|report|runtime)/|/src/[a-z]*[.]rs|/tests/|/graph-sim/|/benches/'

explore-coverage: ## print which lines of src/reconcile and src/tenant no plan reaches, where cargo-llvm-cov is installed (minutes); EVERY=10 carries out every tenth plan
	@if $(CARGO) llvm-cov --version >/dev/null 2>&1; then \
		EXPLORE_EVERY=$(or $(EVERY),1) $(CARGO) llvm-cov test --profile explore -p explore -p cloudpc-operator --test explore --show-missing-lines $(REACHED); \
	else \
		echo "SKIPPED: cargo-llvm-cov is not installed (rustup component add llvm-tools, cargo install cargo-llvm-cov --locked)"; \
	fi

mutants: ## break each rule of safety by one line, and expect its test to fail (an hour); MUTANTS=name,name selects
	@$(CARGO) run --quiet -p mutants

# What `make bench` builds with. `make bench PROFILE=release` measures the program exactly as it is shipped, and builds for more than ten minutes.
PROFILE ?= measure
# One set of packages for all steps, so that no library is built twice with other features.
MEASURED = --profile $(PROFILE) --package cloudpc-operator --package graph-sim --package bench

bench: control-plane ## print what the operator costs against its goals, and how quick the simulator is (minutes); PART=single measures a part
	$(CARGO) build $(MEASURED) --bins --bench operator --bench speed
	$(CARGO) bench $(MEASURED) --bench operator -- $(PART)
	$(if $(PART),,$(CARGO) bench $(MEASURED) --bench speed)

lint: ## check format and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

deny: ## check licences, sources and banned crates, where cargo-deny is installed
	@if $(CARGO) deny --version >/dev/null 2>&1; then \
		$(CARGO) deny check bans licenses sources; \
	else \
		echo "SKIPPED: cargo-deny is not installed (cargo install cargo-deny --locked), so licences, sources and banned crates were not checked"; \
	fi
