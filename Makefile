# Every way to build, run and check karnay. `make` alone says what there is.

.DEFAULT_GOAL := help
.PHONY: help run test check check-deep bench

# Pinned, so that a check says the same everywhere; installed once, beside cargo's own files.
DENY := cargo-deny 0.20.2
MACHETE := cargo-machete 0.9.2
TYPOS := typos-cli 1.52.0 typos

# The tests wait for half of their time: for clocks, stores and far ends.
THREADS := $(shell echo $$(($$(nproc) * 3 / 2)))
# These load the machine to the full or are bound by seconds: they have it for themselves.
ALONE := crash:: overload:: nodes:: dialling::kills:: live::bursts:: live::ends:: live::shown:: pbx::live:: http_sign_in::an_unknown_name

help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | while IFS="$$(printf '\t')" read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

run: ## build the dashboard and the engine and start it at http://localhost:3000 with its data under data/
	@.ci/needs build
	@.ci/dashboard
	@cargo build --release --locked
	@.ci/simulated cargo run --quiet --release --locked -- serve

test: ## install what the tests need where it is missing, then run all of them
	@.ci/needs test
	@.ci/dashboard install
	cargo test --workspace --locked --no-run
	.ci/alone cargo test --workspace --locked -- --test-threads=$(THREADS) $(ALONE:%=--skip %)
	.ci/alone cargo test --workspace --locked -- --test-threads=1 $(ALONE)
	.ci/alone npm --prefix web --silent test

check: ## format, lints, documentation, licences, unused dependencies, spelling, a clean work tree
	@.ci/needs build
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked
	@.ci/tool $(DENY) check bans licenses sources
	@.ci/advisories $(DENY)
	@.ci/tool $(MACHETE) --with-metadata
	@.ci/tool $(TYPOS)
	@.ci/dashboard install
	npm --prefix web --silent run lint
	@.ci/clean-tree

check-deep: ## kills, storms and failovers at full size and a minute of nonsense for each parser, one after another, with their figures
	@.ci/needs test
	cargo test --release --locked --test it --no-run
	.ci/alone cargo test --release --locked --test it -- --ignored deep_ --test-threads=1 --nocapture
	cargo test --locked --lib --test it --no-run
	KARNAY_FUZZ_SECONDS=60 .ci/alone cargo test --locked --lib --test it -- fuzz_ --test-threads=1 --nocapture

bench: ## measure this machine and write docs/performance.md
	@.ci/needs test
	.ci/alone cargo bench --locked --bench engine
