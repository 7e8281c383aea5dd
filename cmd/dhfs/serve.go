package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cmd/dhfs/page"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
	"github.com/spf13/cobra"
)

// serving is what serve was told.
type serving struct {
	listen, token, origin string
	cert, key             string
}

// shutdownAfter is how long requests that are under way may take when the server ends.
const shutdownAfter = 10 * time.Second

func (a *app) serveCommand() *cobra.Command {
	var s serving
	cmd := &cobra.Command{
		Use:   "serve [NAME=]DB...",
		Short: "serve databases over HTTP, for every command that takes a DB",
		Long: `Serve databases over HTTP, each under its name: dhfs query http://HOST:7777/NAME. They are for reading only, unless
there is a token: who has it may write (DHFS_TOKEN at the client), so transactions, sync and clone work in both
directions. Blocks never change, so caches and proxies may keep them for ever.
A browser that opens http://HOST:7777/ gets a page to look at them and to ask queries, which are answered in the browser.
Transactions may also be sent to it: POST /NAME/tx with tx data in EDN, answered by the report. /metrics has what it does,
for Prometheus.
It prints the URLs, and ends on Ctrl-C when what is under way is done.`,
		Example: `  dhfs serve shop
  DHFS_TOKEN=$(cat token) dhfs serve shop stock=/data/inventory --listen :7777 --tls-cert cert.pem --tls-key key.pem
  curl -H "Authorization: Bearer $(cat token)" --data '[{:customer/id "ALFKI" :customer/city "Potsdam"}]' 'http://HOST:7777/shop/tx?author=ada'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.db != "" {
				args = append(args, a.db)
			}
			return a.serveHTTP(cmd.Context(), args, s)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&s.listen, "listen", "127.0.0.1:7777", "`ADDRESS` to listen on; port 0 takes a free one")
	flags.StringVar(&s.token, "token", "", "who shows it may write; better as DHFS_TOKEN, which no list of processes shows")
	flags.StringVar(&s.origin, "allow-origin", "", "`ORIGIN` of web pages elsewhere that may read, as https://example.org, or *")
	flags.StringVar(&s.cert, "tls-cert", "", "`FILE` with the certificate, for https")
	flags.StringVar(&s.key, "tls-key", "", "`FILE` with its key")
	return cmd
}

func (a *app) serveHTTP(ctx context.Context, args []string, s serving) error {
	if len(args) == 0 {
		return hinted{usageError{"which database?"}, "dhfs serve DB"}
	}
	if (s.cert == "") != (s.key == "") {
		return usageError{"--tls-cert and --tls-key go together"}
	}
	mux := http.NewServeMux()
	set := metrics.NewSet()
	mux.HandleFunc("GET /metrics", writeMetrics(set))
	var names []string
	for _, arg := range args {
		name, url, err := servedName(arg)
		if err != nil {
			return err
		}
		if slices.Contains(names, name) {
			return hinted{usageError{fmt.Sprintf("two databases would be called %s", name)}, "NAME=DB gives one another name"}
		}
		names = append(names, name)
		db, err := openStore(ctx, url)
		if err != nil {
			return err
		}
		defer db.Close()
		if _, err := db.Refs(ctx); err != nil {
			return err
		}
		mux.Handle("/"+name+"/", http.StripPrefix("/"+name, cashttp.NewHandler(db, s.options(observing(set, name)))))
	}
	if err := page.Handle(mux, page.Site{Version: version, Databases: names, Writes: s.token != ""}); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // with 1,000 readers and 50 writers it takes 219 MB instead of 332
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return hinted{err, "--listen 127.0.0.1:0 takes a free port"}
	}
	scheme := "http"
	if s.cert != "" {
		scheme = "https"
	}
	for _, name := range names {
		fmt.Fprintf(a.out, "%s://%s/%s/\n", scheme, l.Addr(), name)
	}
	if addr, ok := l.Addr().(*net.TCPAddr); ok && s.token != "" && s.cert == "" && !addr.IP.IsLoopback() {
		a.say("the token travels in the clear: --tls-cert and --tls-key, or a proxy with TLS, keep it secret")
	}
	return serveUntilDone(ctx, l, mux, s)
}

func (s serving) options(o cashttp.Observer) cashttp.HandlerOptions {
	return cashttp.HandlerOptions{
		Token: s.token, Origin: s.origin, Observer: o, Transact: new(transactions).transact,
		Since: func(ctx context.Context, s cas.RefStore, heads, haves []cid.Cid) ([]cas.Block, error) {
			return engine.Since(ctx, s, heads, haves)
		},
		Replay: func(ctx context.Context, s cas.RefStore, blocks []cas.Block, heads []cid.Cid) error {
			return engine.Receive(ctx, s, nil, blocks, heads, nil)
		},
	}
}

// servedName is the name that a database is served under: the one that is given, or the last part of its path or URL.
func servedName(arg string) (name, url string, err error) {
	name, url, named := strings.Cut(arg, "=")
	if !named || strings.ContainsAny(name, "/:") {
		url = arg
		name = path.Base(strings.TrimRight(strings.ReplaceAll(shown(url), `\`, "/"), "/"))
		if _, rest, ok := strings.Cut(name, ":"); ok {
			name = rest
		}
	}
	if err := cas.CheckRefName(name); err != nil || strings.Contains(name, "/") {
		return "", "", hinted{usageError{fmt.Sprintf("%s: %q cannot be a name in a URL", shown(url), name)}, "NAME=DB gives it one of letters, digits, - and _"}
	}
	return name, url, nil
}

// serveUntilDone serves until ctx is done, and then until the requests that are under way are.
func serveUntilDone(ctx context.Context, l net.Listener, h http.Handler, s serving) error {
	requests, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	ended := make(chan error, 1)
	go func() {
		if s.cert != "" {
			ended <- server.ServeTLS(l, s.cert, s.key)
		} else {
			ended <- server.Serve(l)
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownAfter)
	defer cancel()
	timer := time.AfterFunc(shutdownAfter/5, end) // what waits for events has no end of its own
	defer timer.Stop()
	err := server.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	return err
}
