# Everything that people and CI run; "make" alone lists it.

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 30s

# SQLite's own code, C that was translated to Go, is not watched by the race detector: it takes ten times as long under it.
# What is watched is this project and the driver.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false
ARGS ?=

# benchmarks/ and e2e/ are modules of their own, so that their dependencies stay out of ours.
MODULES := . $(patsubst %/go.mod,%,$(wildcard benchmarks/go.mod e2e/go.mod))

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

.PHONY: test
test: ## run all tests, with the race detector, against a real PostgreSQL
	scripts/setup-postgres
	scripts/setup-pgbouncer
	ACTIVITY_TEST_REQUIRE=postgres go test $(RACE) -timeout 20m ./...
	@if [ -f benchmarks/go.mod ]; then \
		set -ex; cd benchmarks; go vet ./...; go test -timeout 10m ./...; \
	fi

.PHONY: test-long
test-long: ## run the tests that get better with time: a million operations on quotas, 100,000 events that are followed, more tampering
	scripts/setup-postgres
	ACTIVITY_TEST_REQUIRE=postgres ACTIVITY_TEST_LONG=1 go test $(RACE) -timeout 6h -v -run 'NeverOver|NothingSkipped|Tampering' ./store/bunstore

.PHONY: e2e
e2e: ## test the pages in a browser; make e2e ARGS=-update writes the screenshots of the documentation
	scripts/setup-chromium
	scripts/setup-axe
	cd e2e && go test -count=1 -timeout 15m . $(if $(ARGS),-args $(ARGS))

.PHONY: lint
lint: ## check formatting, code, scripts and modules
	@for script in .ci/run $(wildcard scripts/*) internal/pgtest/watchdog.sh; do \
		echo "bash -n $$script"; bash -n "$$script" || exit 1; \
	done
	@echo "gofmt -l ."; unformatted=$$(gofmt -l .) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "not formatted:"; echo "$$unformatted"; exit 1; fi
	@set -e; for module in $(MODULES); do \
		( set -x; cd "$$module"; \
		go vet ./...; \
		GOTOOLCHAIN=$$(go env GOVERSION) go run $(STATICCHECK) ./...; \
		go mod tidy -diff; \
		go mod verify ); \
	done

.PHONY: bench
bench: ## measure: make bench ARGS="..."
	scripts/setup-redis
	cd benchmarks && go run . $(ARGS)

.PHONY: bench-large
bench-large: ## measure pages with 10,000,000 events: some 20 GB, and an hour
	cd benchmarks && go run . -large -only '^(sqlite_)?(page_growth|page_vs_floor|facets_vs_page)' $(ARGS)

.PHONY: fuzz
fuzz: ## run each fuzz test for FUZZTIME (30s)
	scripts/fuzz $(FUZZTIME)
