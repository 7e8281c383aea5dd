package cassql

import (
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// defaultPrefix is what the names of tables begin with, where the URL does not say.
const defaultPrefix = "dhfs"

// validPrefix is what is the same in all databases, whether they care for case or not, with room for what follows.
var validPrefix = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// parse takes a URL apart. Its errors show nothing secret.
func parse(text string) (place, error) {
	p := place{prefix: defaultPrefix, shown: Shown(text)}
	scheme, rest, _ := strings.Cut(text, ":")
	var err error
	switch scheme {
	case "sqlite":
		rest, p.prefix = cutPrefix(rest)
		err = parseSQLite(rest, &p)
	case "postgres", "postgresql", "mysql", "mariadb":
		err = parseServer(scheme, text, &p)
	default:
		err = fmt.Errorf("no SQL database answers to %s: URLs", scheme)
	}
	if err == nil && !validPrefix.MatchString(p.prefix) {
		err = fmt.Errorf("dhfs=%s: tables can be named with a lower-case letter, then up to 39 of a-z, 0-9 and _", p.prefix)
	}
	p.secrets = slices.DeleteFunc(p.secrets, func(s string) bool { return s == "" })
	slices.SortFunc(p.secrets, func(a, b string) int { return len(b) - len(a) })
	if err != nil {
		return p, fmt.Errorf("%s: %w", p.shown, hide(err, p.secrets))
	}
	return p, nil
}

// cutPrefix takes ?dhfs=NAME from the end of a path.
func cutPrefix(path string) (rest, prefix string) {
	if before, after, ok := strings.Cut(path, "?dhfs="); ok {
		return before, after
	}
	return path, defaultPrefix
}

func parseServer(scheme, text string, p *place) error {
	u, err := url.Parse(text)
	bare, _, _ := strings.Cut(text[max(0, strings.IndexByte(text, '?')):], "=")
	if err != nil || strings.Contains(u.EscapedPath(), "@") || strings.Contains(bare, "@") && u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("it is no URL, want %s://user@host/database: characters such as / ? # @ %% in a password are written as %%2F and so on", scheme)
	}
	if password, ok := u.User.Password(); ok {
		p.secrets = append(p.secrets, password, url.QueryEscape(password), url.PathEscape(password))
	}
	q := u.Query()
	for _, name := range secretParameters {
		p.secrets = append(p.secrets, q[name]...)
	}
	if q.Has("dhfs") {
		p.prefix = q.Get("dhfs")
		q.Del("dhfs")
		u.RawQuery = q.Encode()
	}
	if scheme == "postgres" || scheme == "postgresql" {
		return parsePostgres(u, p)
	}
	return parseMySQL(u, p)
}

// secretParameters are those that no one is to see.
var secretParameters = []string{"password", "sslpassword"}

// Shown is a URL without what is secret in it. The rest still leads to the same store.
func Shown(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	switch {
	case strings.HasPrefix(text, "sqlite:"):
		return text
	case !ok:
		scheme, _, _ := strings.Cut(text, ":")
		return scheme + ":…"
	}
	authority, tail := rest, ""
	if i := strings.LastIndexByte(rest, '@'); i >= 0 { // a password that was not escaped may have anything in it
		name, _, _ := strings.Cut(rest[:i], ":")
		authority = name + rest[i:]
	}
	if i := strings.IndexByte(authority, '?'); i >= 0 {
		authority, tail = authority[:i], authority[i+1:]
	}
	var kept []string
	for parameter := range strings.SplitSeq(tail, "&") {
		name, _, _ := strings.Cut(parameter, "=")
		if parameter != "" && !slices.Contains(secretParameters, strings.ToLower(name)) {
			kept = append(kept, parameter)
		}
	}
	if len(kept) > 0 {
		authority += "?" + strings.Join(kept, "&")
	}
	return scheme + "://" + authority
}

// Name is what a store is called: as its tables are, unless that is the default, else as the database or the file.
func Name(text string) string {
	rest, prefix := text, ""
	if i := strings.IndexByte(text, '?'); i >= 0 {
		rest = text[:i]
		for parameter := range strings.SplitSeq(text[i+1:], "&") {
			if name, ok := strings.CutPrefix(parameter, "dhfs="); ok {
				prefix = name
			}
		}
	}
	if prefix != "" && prefix != defaultPrefix {
		return prefix
	}
	return path.Base(filepath.ToSlash(strings.TrimPrefix(rest, "sqlite:")))
}
