# What a person does with this repository. 'make' alone lists it.

# The front end is embedded in the binary. One feature set everywhere, so that dependencies are compiled once.
FEATURES := --features custom-protocol
# Always the whole workspace: for one package alone cargo picks other features for shared dependencies, and builds them anew.
CARGO_ALL := --workspace $(FEATURES)
TARGET := $(or $(CARGO_TARGET_DIR),target)
NPM := npm --prefix ui

.DEFAULT_GOAL := help
.PHONY: help run dev test test-desktop bench bundle fmt lint bindings icons build ui setup setup-test

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Install what is missing, build, open the app (a debug build: it is there in half the time)
	$(TARGET)/debug/roachvault

dev: setup ## Open the app with hot reload of the front end
	ui/node_modules/.bin/tauri dev

test: ## Install what is missing, run every check and test, the desktop tests in a real window included
	@scripts/test

test-desktop: setup-test ui ## Run only the desktop tests; WHICH=name picks some of them
	cargo nextest run $(CARGO_ALL) --ignore-default-filter -E 'binary(desktop) and test(/$(WHICH)/)'

bench: setup-test ui ## Measure transfers and lists, in the real window too, against what is wanted
	@# Each is told, also after one missed a bound; a miss fails at the end.
	@missed=; \
	cargo bench -p roachvault-cockroach --bench userfile || missed=1; \
	cargo bench -p roachvault-core --bench listing || missed=1; \
	cargo nextest run --release $(CARGO_ALL) --test desktop --ignore-default-filter --success-output immediate \
	  -E 'test(a_hundred_thousand_files)' || missed=1; \
	[ -z "$$missed" ]

bundle: setup ## Write the deb and rpm packages (a release build)
	ui/node_modules/.bin/tauri build --bundles deb,rpm

fmt: setup ## Format all code
	cargo fmt --all
	$(NPM) run format

lint: setup ui ## Lints and type checks, warnings as errors
	cargo fmt --all --check
	cargo clippy $(CARGO_ALL) --all-targets -- -D warnings
	$(NPM) run check
	$(NPM) run lint

bindings: ui ## Write the TypeScript client from the commands' types
	ROACHVAULT_WRITE_BINDINGS=1 cargo nextest run $(CARGO_ALL) -E 'test(the_typescript_bindings_match_the_commands)'

icons: setup ## Draw every icon size from icons/icon.svg
	scripts/icons

build: setup ui ## Build the app with its front end inside (target/debug/roachvault)
	cargo build $(CARGO_ALL)

ui: setup
	$(NPM) run build

setup:
	@scripts/setup

setup-test:
	@scripts/setup --test
