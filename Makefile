# The door. `make up` runs the system, `make test` proves it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10

.PHONY: setup
setup: ## Install what building and running need (Postgres server binaries, wasm target)
	@deploy/setup/rust.sh
	@deploy/setup/postgres.sh

.PHONY: up
up: setup ## Set everything up and run Chronogram (Ctrl-C stops it, Postgres too)
	@cargo build --release --locked --package chronogram --package chronogram-telegram-standin
	@exec target/release/chronogram up

.PHONY: demo
demo: setup ## Import a small invented export and fill everybody's profile
	@cargo build --release --locked --package chronogram --package chronogram-telegram-standin
	@target/release/chronogram import tests/fixtures/export-every-kind/result.json
	@target/release/chronogram profiles fill --strategy basic --all
	@target/release/chronogram profiles stats

.PHONY: test
test: setup lint ## All tests, lints included
	@cargo test --locked --manifest-path plugins/strategies/profile-basic/Cargo.toml --target-dir target/guests
	@cargo test --locked --workspace

.PHONY: soak
soak: setup ## The tests that kill, for ten minutes (SOAK_SECONDS=600, SOAK_SEED=n to repeat one)
	@CHRONOGRAM_SOAK_SECONDS=$(or $(SOAK_SECONDS),600) $(if $(SOAK_SEED),CHRONOGRAM_SOAK_SEED=$(SOAK_SEED)) \
	 cargo test --locked --workspace --test path -- --nocapture faults::soak faults::postgres_killed faults::failover

.PHONY: lint
lint: setup ## Formatting, clippy, and cargo-deny where it is installed
	@cargo fmt --all --check
	@cargo clippy --locked --workspace --all-targets -- --deny warnings
	@if command -v cargo-deny >/dev/null; then cargo deny --log-level error check bans licenses sources; \
	 else echo "cargo-deny is not installed: tests/house checks the bans, licences are not checked"; fi

.PHONY: fmt
fmt: ## Format everything
	@cargo fmt --all

.PHONY: bench
bench: setup ## Measure against named baselines in the same run; prints a table with ratios
	@cargo run --release --locked --package chronogram-tests --bin bench -- $(ONLY)

.PHONY: web
web: ## Rebuild the committed GraphiQL bundle (needs Node)
	@cd api/http/web && npm ci && npm run build

.PHONY: docs
docs: ## Build the API documentation of all rooms
	@cargo doc --locked --workspace --no-deps
