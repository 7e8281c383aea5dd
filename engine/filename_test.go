package engine

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFileNames(t *testing.T) {
	long := strings.Repeat("x", 300)
	for text, want := range map[string]string{
		"": "%", "plain": "plain", "a/b": "a%2Fb", "100%": "100%25", ".git": "%2Egit", "..": "%2E.", "a.b": "a.b",
		"tab\there": "tab%09here", "\x00": "%00", "\u0085": "%C2%85", "é ü": "é ü", "a\xffb": "a%FFb", "x=1": "x=1", "c++": "c+%2B", "+": "%2B", "+49": "+49", ":red": ":red",
		strings.Repeat("x", 200):         strings.Repeat("x", 200),
		long:                             strings.Repeat("x", 200) + "~",
		strings.Repeat("é", 100) + "x":   strings.Repeat("é", 100) + "~",
		"x" + strings.Repeat("é", 100):   "x" + strings.Repeat("é", 99) + "~",
		strings.Repeat("x", 199) + "/yz": strings.Repeat("x", 199) + "~",
	} {
		if got := FileName(text); !strings.HasPrefix(got, want) || len(got) != len(want) && len(got) != len(want)+16 {
			t.Errorf("%.20q is named %q, want %q", text, got, want)
		}
	}
}

func TestFileNamesAreReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(anyText(), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 260), func(b []byte) string { return string(b) })).Draw(t, "text")
		name := FileName(text)
		if len(name) > 217 || name == "" || name == "." || name == ".." || strings.HasSuffix(name, "+") || strings.ContainsAny(name, "/\x00") || !utf8.ValidString(name) {
			t.Fatalf("%q is no file name", name)
		}
		back, ok := ParseFileName(name)
		if ok != (len(name) <= maxName) || ok && back != text {
			t.Fatalf("%q is named %q, which is read as %q, %v", text, name, back, ok)
		}
	})
}

func TestParseFileNameRefusesOtherSpellings(t *testing.T) {
	for _, name := range []string{"", "%2e", "%41", "a+", "%2Ba", "%", "%4", "%GG", ".hidden", "a/b", "x%", "%%", strings.Repeat("x", 201), "\xff"} {
		if text, ok := ParseFileName(name); ok && name != "%" {
			t.Errorf("%q is read as %q", name, text)
		}
	}
}

func TestAttributeFileNames(t *testing.T) {
	for _, c := range []struct{ kind, ident, want string }{
		{"person", "person/name", "name"}, {"person", "order/total", "order.total"}, {"person", "title", "_.title"},
		{"_", "title", "title"}, {"_", "person/name", "person.name"}, {"person", "person/a.b", "a%2Eb"}, {"person", "my.app/a.b", "my.app.a%2Eb"},
		{"my.app", "my.app/x", "x"}, {"person", "_/x", "%5F.x"}, {"%5F", "_/x", "x"}, {"a%2Fb", "x/y", "x.y"}, {"person", "person/.x", "%2Ex"},
	} {
		if got := AttrFileName(c.kind, c.ident); got != c.want {
			t.Errorf("%s is named %q among %s, want %q", c.ident, got, c.kind, c.want)
		}
	}
	if got := AttrFileName("person", "person/"+strings.Repeat("x", 300)); len(got) != 217 {
		t.Errorf("a long name is %d bytes", len(got))
	}
}

func TestAttributeFileNamesDiffer(t *testing.T) {
	ns := rapid.SampledFrom([]string{"", "_", "a", "a.b", ".a", "%5F", "a.b.c", "b"})
	name := rapid.SampledFrom([]string{"a", "b", "a.b", "b.c", "_", "%2E", ".", "c"})
	ident := rapid.Custom(func(t *rapid.T) string {
		n := ns.Draw(t, "ns")
		if n == "" {
			return name.Draw(t, "name")
		}
		return n + "/" + name.Draw(t, "name")
	})
	rapid.Check(t, func(t *rapid.T) {
		kind := kindOf(ns.Draw(t, "kind"))
		a, b := ident.Draw(t, "a"), ident.Draw(t, "b")
		if (a == b) != (AttrFileName(kind, a) == AttrFileName(kind, b)) {
			t.Fatalf("%s and %s are %q and %q among %s", a, b, AttrFileName(kind, a), AttrFileName(kind, b), kind)
		}
	})
}
