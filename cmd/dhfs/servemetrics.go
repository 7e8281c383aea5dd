package main

import (
	"fmt"
	"net/http"

	"github.com/VictoriaMetrics/metrics"
	"github.com/dhfs/dhfs/cas/cashttp"
)

// observed is what one database's handler does, as time series. They are not secret: no names but that of the database and of routes are in them.
type observed struct {
	set *metrics.Set
	db  string
	// what has no labels but the database
	blocksSent, blocksTaken, commits, received, sent *metrics.Counter
	watches                                          *metrics.Gauge
}

// latencies are the upper bounds of the histogram, in seconds.
var latencies = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

func observing(set *metrics.Set, db string) *observed {
	name := func(s string) string { return fmt.Sprintf("%s{db=%q}", s, db) }
	return &observed{
		set: set, db: db,
		blocksSent:  set.NewCounter(name("dhfs_http_blocks_sent_total")),
		blocksTaken: set.NewCounter(name("dhfs_http_blocks_received_total")),
		commits:     set.NewCounter(name("dhfs_http_commits_total")),
		received:    set.NewCounter(name("dhfs_http_received_bytes_total")),
		sent:        set.NewCounter(name("dhfs_http_sent_bytes_total")),
		watches:     set.NewGauge(name("dhfs_http_watches"), nil),
	}
}

// Answered implements cashttp.Observer.
func (o *observed) Answered(a cashttp.Answered) {
	o.received.AddInt64(a.Received)
	o.sent.AddInt64(a.Sent)
	o.set.GetOrCreateCounter(fmt.Sprintf(`dhfs_http_requests_total{db=%q,route=%q,status="%d"}`, o.db, a.Route, a.Status)).Inc()
	if a.Route != "events" && a.Route != "turn" { // they last as long as the client likes
		o.set.GetOrCreatePrometheusHistogramExt(fmt.Sprintf(`dhfs_http_request_duration_seconds{db=%q,route=%q}`, o.db, a.Route), latencies).Update(a.Took.Seconds())
	}
}

// Blocks implements cashttp.Observer.
func (o *observed) Blocks(sent, taken int) {
	o.blocksSent.Add(sent)
	o.blocksTaken.Add(taken)
}

// Watching implements cashttp.Observer.
func (o *observed) Watching(change int) { o.watches.Add(float64(change)) }

// Moved implements cashttp.Observer.
func (o *observed) Moved() { o.commits.Inc() }

// writeMetrics answers in the text format of Prometheus.
func writeMetrics(set *metrics.Set) http.HandlerFunc {
	metrics.ExposeMetadata(true) // which of them are counters
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		set.WritePrometheus(w)
		metrics.WriteProcessMetrics(w)
	}
}
