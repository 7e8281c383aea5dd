# dhfs. `make` lists the targets.

SHELL := /bin/bash
GO ?= go
BIN := bin/dhfs
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -funcalign=16 -X main.version=$(VERSION)
# Packages that wait for networks and for people: without inlining they are 1 MB smaller, and no slower that anybody could see.
COLD ?= github.com/jackc/... github.com/minio/... github.com/go-sql-driver/... github.com/spf13/... github.com/russross/... github.com/cpuguy83/... \
	github.com/schollz/... github.com/sirupsen/... github.com/VictoriaMetrics/... github.com/tinylib/... gopkg.in/... golang.org/x/text/... golang.org/x/crypto/ssh/... \
	encoding/xml encoding/asn1 encoding/gob crypto/tls crypto/x509/... net net/http/... database/sql log/slog text/template/... \
	github.com/dhfs/dhfs/cas/cass3 github.com/dhfs/dhfs/cas/cassql github.com/dhfs/dhfs/cas/cashttp github.com/dhfs/dhfs/cmd/dhfs
GCFLAGS = $(COLD:%='-gcflags=%=-l')
# How hard the engine for browsers is packed: 9 takes seconds, 11 a minute or two (once, as long as it is the same) and makes the binary 0.4 MB smaller.
BROTLI ?= 11
SOAK ?= 1000000
TESTFLAGS ?= -race -timeout 20m
# A program under the race detector sleeps for a second when it ends; the tests start thousands.
export GORACE ?= atexit_sleep_ms=20

.DEFAULT_GOAL := help
.PHONY: help build page install demo demo-teams test lint unit large large-writers large-memory large-storage large-commits large-queries large-reads large-sql wasm-test browser-test wasm cross bench bench-query bench-mount bench-million soak setup clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: page ## build bin/dhfs, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath $(GCFLAGS) -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/dhfs

page: ## the page of dhfs serve, with the engine, to be embedded
	@scripts/page-build.sh $(BROTLI)

install: page ## put dhfs into GOBIN
	CGO_ENABLED=0 $(GO) install -trimpath $(GCFLAGS) -ldflags '$(LDFLAGS)' ./cmd/dhfs

# Whoever tries it out should not wait for the last megabyte.
demo demo-teams: BROTLI = 9
demo demo-teams: COLD =

demo: build ## import, mount, browse, query, diff, rsync, unmount; prints it all
	@scripts/setup.sh diff fusermount3 rsync
	@PATH="$(CURDIR)/bin:$$PATH" scripts/demo.sh

demo-teams: build ## one query over two buckets, PostgreSQL and a file, with real servers
	@scripts/setup.sh diff fusermount3 postgres versitygw
	@PATH="$(CURDIR)/bin:$$PATH" $(GO) run ./test/servers/with PEOPLE=postgres CATALOG=s3:catalog STOCK=s3:stock -- scripts/demo-teams.sh

setup: ## install what the tests need (apt, npm, go install)
	@scripts/setup.sh gcc fusermount3 rsync node npm ed vim nano patch perl python3 pkill findmnt mountpoint unshare su setpriv flock diff cpio getfattr git make ssh-keygen postgres mariadbd versitygw chromium

test: setup lint unit large ## everything that must hold: lint, tests under the race detector, large tests, wasm roots, browsers

lint: ## gofmt, go vet, staticcheck
	scripts/lint.sh

unit:
	CGO_ENABLED=1 $(GO) test $(TESTFLAGS) ./...
	cd test/bench/query && $(GO) test -timeout 20m ./...

large: ## what is too large for the race detector: eight processes on one branch, memory, load, 20,000 queries, a million datoms, 10,000 commits; wasm roots, browsers
	$(GO) test -timeout 20m -count 1 -run 'TestManyWriters$$' ./test
	$(MAKE) --no-print-directory -j2 -Otarget large-writers browser-test large-memory large-storage large-engine large-commits large-reads large-sql large-queries wasm-test

large-writers:
	$(GO) test -timeout 20m -count 1 -run 'TestManyWriters.' ./test

large-memory:
	$(GO) test -timeout 20m -count 1 -run 'TestMemoryOf|TestLoad' ./cmd/dhfs

large-storage:
	DHFS_TXS=10000 $(GO) test -timeout 20m -count 1 -run 'TestStorageOfManyTransactions' ./test

large-commits:
	$(GO) test -timeout 20m -count 1 -run 'TestTenThousandCommits' ./fs

large-engine:
	$(GO) test -timeout 20m ./engine

large-queries:
	$(GO) test -timeout 20m -count 1 -run 'TestAgainstOracle' ./queries

large-reads:
	DHFS_PEOPLE=200000 $(GO) test -timeout 20m -count 1 -run 'TestDiffOfTenDatoms|TestColdReads' ./engine
	DHFS_PEOPLE=200000 $(GO) test -timeout 20m -count 1 -run 'TestWireOfSync|TestWireOfPush|TestS3Requests' ./test

large-sql:
	$(GO) test -timeout 20m -count 1 -run 'TestConformance' ./cas/cassql

wasm-test: ## golden roots once more, on js/wasm under Node
	scripts/wasm-test.sh ./engine/index ./engine

browser-test: ## the store in IndexedDB and a page with a replica, in a headless Chromium
	scripts/browser-test.sh

wasm: ## the engine for browsers, an npm package in dist/wasm
	scripts/wasm-build.sh dist/wasm

soak: ## a million random queries against the oracle; SOAK=n for another number, DHFS_SEED=n to begin with a seed
	DHFS_SOAK=$(SOAK) $(GO) test -count 1 -timeout 0 -run TestSoak -v ./queries

cross: page ## build for every platform that is supported, into dist/
	scripts/cross.sh '$(LDFLAGS)' $(GCFLAGS)

bench: build ## the benchmarks, one table
	scripts/bench.sh

bench-query: ## queries on dhfs, SQLite, DataScript and janus-datalog, answers checked first; ARGS="-run REGEXP -peers sqlite,eav"
	scripts/bench-query.sh $(ARGS)

bench-mount: build ## the mount beside a server in memory, the file system below, squashfuse and restic, in 12 minutes; ARGS="-trees deep -peers dhfs,memory -runs 1"
	scripts/bench-mount.sh $(ARGS)

bench-million: build ## a mount of a million entities: first names, diff -r, memory after a walk; ARGS="-entities N -dir DIR"
	$(GO) run ./test/bench/mount million -dhfs bin/dhfs $(ARGS)

clean: ## remove what was built
	rm -rf bin dist cmd/dhfs/page/packed/*.br cmd/dhfs/page/packed/.[a-z]* cmd/dhfs/page/node_modules test/car/node_modules test/bench/query/node_modules test/browser/node_modules
