# workmate. `make run` shows it, `make test` is the gate; `make` alone lists everything.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run demo-clean test fmt lint doc deny advisories bench score soak fuzz packages screenshots build dist \
        package-test dist-native dist-arm64 arm64-test container container-test buildroot-test buildroot-slots power-test addon rust

CARGO ?= cargo
PACKAGES := tests/fixtures/packages.sh
# Tools that the gate needs beside the Rust toolchain stay in the build folder.
TOOLS := $(CURDIR)/target/tools
export PATH := $(PATH):$(TOOLS)/bin
CORPUS ?= ../shared/corpus
SOAK_MINUTES ?= 30
SOAK_FILES ?= 10000
SOAK_KILLS ?= 500
SOAK_DELIVERY_KILLS ?= 200
SOAK_CASES ?= 200000
SOAK_LIST_EDITS ?= 500
SOAK_CUTS ?= 100
SOAK_REST ?= 60
CUTS ?= 20
DOOR ?= document
FUZZ_SECONDS ?= 60

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 24

# Said before anything is installed.
rust:
	@command -v $(CARGO) >/dev/null 2>&1 || { \
	  echo "Rust is not installed (1.95 or newer is needed): https://rustup.rs shows how."; exit 1; }

# -- seeing it -----------------------------------------------------------------------------------

run: rust ## Build, start the daemon and a private broker on ./demo-data, add samples, say where to look
	@$(PACKAGES) build demo
	$(CARGO) build --release --features samples
	@tests/fixtures/demo.sh

demo-clean: ## Remove ./demo-data (refused while the demo runs)
	@tests/fixtures/demo.sh clean

build: rust ## The two release binaries: target/release/workmate and workmate-reader
	@$(PACKAGES) build
	$(CARGO) build --release

packages: ## Install every Debian package that run, test and bench need
	@$(PACKAGES) build package demo test bench
	@echo "Everything that the Makefile needs from Debian is installed."

# -- the gate: cheap checks fail first -----------------------------------------------------------

test: rust ## Everything that must pass: fmt, lints, licences, docs, unit tests, tests/it, tests/live
	@$(PACKAGES) build test
	@$(MAKE) --no-print-directory fmt deny lint doc
	$(CARGO) test --lib --bins --test it
	$(CARGO) test --doc
	@tests/live/home_assistant/install.sh >/dev/null
	@tests/live/pdf_js/install.sh >/dev/null
	@tests/live/s3/install.sh >/dev/null
	$(CARGO) test --test live

fmt: ## The code is formatted
	@$(CARGO) fmt --version >/dev/null 2>&1 || { echo "Missing: rustfmt. Installing it with rustup."; rustup component add rustfmt; }
	$(CARGO) fmt --check

lint: ## No warning from clippy in any target
	@$(CARGO) clippy --version >/dev/null 2>&1 || { echo "Missing: clippy. Installing it with rustup."; rustup component add clippy; }
	$(CARGO) clippy --all-targets --all-features -- -D warnings

doc: ## Every page of the documentation builds, private modules too: they are the map
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items --lib

$(TOOLS)/bin/cargo-deny:
	@echo "Missing: cargo-deny. Building it into target/tools (about a minute)."
	CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	  $(CARGO) install cargo-deny --version 0.20.2 --locked --root $(TOOLS) --target-dir $(CURDIR)/target/tools/build
	rm -rf target/tools/build

deny: ## Licences, sources and duplicate crates are those that deny.toml allows
	@command -v cargo-deny >/dev/null 2>&1 || $(MAKE) --no-print-directory $(TOOLS)/bin/cargo-deny
	$(CARGO) deny --locked check licenses bans sources
	@echo "Not checked here: security advisories. Their database comes from github.com; 'make advisories' asks it."

advisories: ## Security advisories about our crates (needs github.com)
	@command -v cargo-deny >/dev/null 2>&1 || $(MAKE) --no-print-directory $(TOOLS)/bin/cargo-deny
	$(CARGO) deny --locked check advisories

# -- figures -------------------------------------------------------------------------------------

bench: rust ## Measure this machine and write tests/bench/RESULTS.md
	@$(PACKAGES) build bench
	$(CARGO) build --release
	$(CARGO) build --release --example bench
	tests/bench/bench.sh

score: ## Score the readings against a corpus with truth (CORPUS=folder)
	@if [ ! -f "$(CORPUS)/score.py" ]; then \
	  echo "No corpus at $(CORPUS): it is not part of this repository, so there is nothing to score."; \
	  echo "Point to one with: make score CORPUS=/path/to/corpus"; \
	else \
	  $(PACKAGES) build && $(CARGO) build --release --bins && \
	  python3 "$(CORPUS)/score.py" --program target/release/workmate "$(CORPUS)/letters" "$(CORPUS)/public"; \
	  tests/bench/evidence_words.py --program target/release/workmate "$(CORPUS)/letters"; \
	fi

# What the gate does with small counts, with large ones: SOAK_KILLS, SOAK_DELIVERY_KILLS, SOAK_CASES,
# SOAK_LIST_EDITS, SOAK_CUTS, SOAK_REST, SOAK_FILES, SOAK_MINUTES.
soak: rust ## Every promise with its full count (about three hours); writes the Soak part of RESULTS.md
	@$(PACKAGES) build test power bench
	@rm -rf target/soak && mkdir -p target/soak
	SOAK_NOTES=$(CURDIR)/target/soak SOAK_KILLS=$(SOAK_KILLS) SOAK_CASES=$(SOAK_CASES) \
	  SOAK_DELIVERY_KILLS=$(SOAK_DELIVERY_KILLS) \
	  $(CARGO) test --test it -- killed_at_any_moment killed_while_it_speaks no_mutation_panics
	@tests/live/home_assistant/install.sh >/dev/null
	SOAK_NOTES=$(CURDIR)/target/soak SOAK_LIST_EDITS=$(SOAK_LIST_EDITS) \
	  $(CARGO) test --test live -- random_edits_on_both_sides
	SOAK_NOTES=$(CURDIR)/target/soak SOAK_RESTARTS=1 $(CARGO) test --test live -- in_whatever_order
	HOME_ASSISTANT_SERIES=2025.4 tests/live/home_assistant/install.sh >/dev/null
	HOME_ASSISTANT_SERIES=2025.4 $(CARGO) test --test live -- \
	  chain discovery due_days for_people list presence restarts telephones
	@echo '| All of that with Home Assistant 2025.4 | the same |' > target/soak/older
	$(CARGO) test --lib escalation::model -- --ignored
	@echo '| Random histories of a household, planned by the planner and by a naive reference | 10 000 histories: no difference |' \
	  > target/soak/histories
	$(CARGO) build --release
	SOAK_NOTES=$(CURDIR)/target/soak CUTS=$(SOAK_CUTS) tests/live/power/power.py target/release
	$(CARGO) build --release --example bench
	tests/bench/bench.sh hour $(SOAK_REST)
	tests/bench/bench.sh soak $(SOAK_MINUTES) $(SOAK_FILES)

# The engine needs a nightly compiler, which is asked for by name and never becomes the default.
fuzz: rust ## Look for inputs that break a parser: DOOR=document (sniff pdf picture mail text wire codes), FUZZ_SECONDS=60
	@command -v cargo-fuzz >/dev/null 2>&1 || { echo "Missing: cargo-fuzz. Building it into target/tools."; \
	  $(CARGO) install cargo-fuzz --version 0.13.1 --locked --root $(TOOLS); }
	@rustup run nightly rustc --version >/dev/null 2>&1 || { \
	  echo "Missing: a nightly compiler. Get one with: rustup toolchain install nightly --profile minimal"; exit 1; }
	cd tests/fuzz && $(CARGO) run --quiet --bin write_seeds ../../target/fuzz/corpus
	cd tests/fuzz && $(CARGO) +nightly fuzz run --fuzz-dir . $(DOOR) ../../target/fuzz/corpus/$(DOOR) -- \
	  -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=20 -rss_limit_mb=3000

# A machine that is itself a 64-bit ARM makes its own alone.
dist: dist-native ## The Debian packages for this machine and for 64-bit ARM: target/dist/workmate_VERSION_ARCH.deb
	@if [ "$$(uname -m)" != aarch64 ]; then $(MAKE) --no-print-directory dist-arm64; fi

dist-native: rust ## The Debian package for this machine alone
	@$(PACKAGES) build package
	$(CARGO) build --release --locked --bins
	@nice systemd/debian/package.sh

# Its manual pages are printed by this machine's own programs.
dist-arm64: build
	@$(PACKAGES) cross
	@programs=$$(systemd/debian/cross.sh) && \
	  nice systemd/debian/package.sh --arch arm64 --programs "$$programs" --speaker target/release/workmate

arm64-test: dist-arm64 ## Read, serve and remind with the programs for 64-bit ARM, under qemu
	@$(PACKAGES) cross emulate
	tests/live/foreign.sh

# Only what lies in target/dist is handed over; the image's parts come from Debian's packages.
container: dist-native ## The container image `workmate`, with podman, docker or buildah
	@tool=$$(command -v podman || command -v docker || command -v buildah) || { \
	  echo "Missing: podman, docker or buildah. Get one with: apt-get install podman"; exit 1; }; \
	format=$$(case $$tool in *docker) ;; *) echo "--format docker" ;; esac); \
	"$$tool" build $$format --tag workmate --file config/container/Containerfile target/dist

# Two minutes, and root: a container with systemd cannot be booted without.
package-test: dist-native ## Install, upgrade, break and purge the package in a Debian 12 with a real systemd
	@$(PACKAGES) machine
	tests/live/package.sh

container-test: dist-native ## Build the image without a registry and run it with podman, as a household would
	@$(PACKAGES) machine
	tests/live/container.sh

buildroot-test: ## What can be promised of the image uncompiled: BUILDROOT=a checkout of Buildroot
	tests/live/buildroot.sh $(BUILDROOT)

buildroot-slots: ## The image's slots in qemu, updates and power cuts: UBOOT=U-Boot's source (half an hour, root)
	tests/live/buildroot/uboot.sh $(UBOOT)
	tests/live/buildroot/slots.sh

# Five minutes: the machine is emulated, and its disk forgets what was not flushed.
power-test: build ## Cut the power of a machine that workmate runs on, and look what is left: CUTS=20
	@$(PACKAGES) power
	CUTS=$(CUTS) tests/live/power/power.py target/release

# What Home Assistant builds the add-on from: copy the folder to its /addons.
addon: rust ## Put the add-on for Home Assistant together in target/addon
	@$(PACKAGES) build
	$(CARGO) build --release --bins
	rm -rf target/addon && mkdir -p target/addon && cp -R config/home-assistant/addon target/addon/workmate
	cp target/release/workmate target/release/workmate-reader target/addon/workmate/
	sed -i "s/VERSION/$$($(CARGO) pkgid | sed 's/.*[#@]//')/" target/addon/workmate/config.yaml

screenshots: rust ## Make the README's pictures anew, with a real browser
	@$(PACKAGES) build test
	WORKMATE_SCREENSHOTS="$(CURDIR)/tests/fixtures/screenshots" $(CARGO) test --test live -- every_page the_dashboard
