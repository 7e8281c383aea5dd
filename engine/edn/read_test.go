package edn

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// each text reads as a value that is written as the second text.
var readable = [][2]string{
	{"nil", "nil"}, {"true", "true"}, {"false", "false"},
	{"0", "0"}, {"-0", "0"}, {"+7", "7"}, {"-12", "-12"}, {"9223372036854775807", "9223372036854775807"},
	{"-9223372036854775808", "-9223372036854775808"}, {"9223372036854775808", "9223372036854775808N"},
	{"12N", "12N"}, {"0x1F", "31"}, {"-0xff", "-255"}, {"0xFFN", "255N"}, {"017", "15"}, {"-017", "-15"}, {"00", "0"}, {"36rZz", "1295"}, {"2r101", "5"}, {"+16rFF", "255"},
	{"123456789012345678", "123456789012345678"}, {"1234567890123456789", "1234567890123456789"},
	{"1.5", "1.5"}, {"1.", "1.0"}, {"-0.0", "-0.0"}, {"1e3", "1000.0"}, {"1E-9", "1.0E-9"}, {"1.5e+300", "1.5E300"}, {"010.5", "10.5"}, {"1e21", "1.0E21"}, {"123456789.125", "123456789.125"},
	{"##Inf", "##Inf"}, {"##-Inf", "##-Inf"}, {"##NaN", "##NaN"},
	{"1M", "1M"}, {"1.50M", "1.50M"}, {"-0.001M", "-0.001M"}, {"1e3M", "1E+3M"}, {"12.5e-10M", "1.25E-9M"}, {"0.0M", "0.0M"}, {"0.000001M", "0.000001M"}, {"0.0000001M", "1E-7M"},
	{"1e2147483647M", "1E+2147483647M"},
	{"1/2", "0.5M"}, {"-3/8", "-0.375M"}, {"4/2", "2"}, {"100/25", "4"}, {"7/20", "0.35M"}, {"0/5", "0"},
	{`\a`, `\a`}, {`\newline`, `\newline`}, {`\u00e9`, `\é`}, {`\o101`, `\A`}, {`\u`, `\u`}, {`\o`, `\o`}, {`\(`, `\(`}, {`\"`, `\"`}, {`\\`, `\\`}, {`\,`, `\,`}, {`\é`, `\é`}, {`\😀`, `\😀`}, {`\u0000`, `\u0000`}, {`\;`, `\;`}, {`[\a\b]`, `[\a \b]`},
	{`""`, `""`}, {`"a\tb\n\"\\"`, `"a\tb\n\"\\"`}, {`"\u00e9\101\0"`, `"éA\u0000"`}, {`"\uD83D\uDE00"`, `"😀"`}, {"\"a\nb\r\nc\"", `"a\nb\r\nc"`}, {`"žluťoučký"`, `"žluťoučký"`}, {`"\b\f"`, `"\u0008\u000c"`},
	{":a", ":a"}, {":a/b", ":a/b"}, {":a.b/c-d", ":a.b/c-d"}, {":1", ":1"}, {":a/1", ":a/1"}, {":a'", ":a'"}, {":straße/größe", ":straße/größe"}, {":a:b", ":a:b"}, {":db.fn/retract!", ":db.fn/retract!"}, {":/", ":/"}, {":person/_friend", ":person/_friend"},
	{"a", "a"}, {"?x", "?x"}, {"$", "$"}, {"%", "%"}, {"_", "_"}, {"...", "..."}, {".", "."}, {"+", "+"}, {"-", "-"}, {"->", "->"}, {"<=", "<="}, {"not=", "not="}, {"/", "/"}, {"a/b", "a/b"}, {"x'", "x'"}, {"-a", "-a"}, {"a#", "a#"}, {"truely", "truely"}, {"clojure.string/blank?", "clojure.string/blank?"}, {"foo//", "foo//"}, {"&", "&"}, {"a|b", "a|b"},
	{"()", "()"}, {"[]", "[]"}, {"{}", "{}"}, {"#{}", "#{}"}, {"(1,2,,3)", "(1 2 3)"}, {"[a[b](c)]", "[a [b] (c)]"}, {`{:a 1,:b{}}`, `{:a 1, :b {}}`}, {"#{1 1.0 1M}", "#{1 1.0 1M}"}, {`[a"b":c]`, `[a "b" :c]`},
	{"#:person{:name 1 :_/x 2 :o/y 3 s 4 \"t\" 5}", `{:person/name 1, :x 2, :o/y 3, person/s 4, "t" 5}`}, {"#:a {:b {:c 1}}", "{:a/b {:c 1}}"},
	{"#_a b", "b"}, {"#_ #_ a b c", "c"}, {"[1 #_2]", "[1]"}, {"[#_#_1 2 #_[3 #_4]]", "[]"}, {"#_{:a 1} {}", "{}"},
	{"; x\n1 ; y", "1"}, {"\ufeff1", "1"}, {" \t\f\r\n,1", "1"},
	{`#inst "2020"`, `#inst "2020-01-01T00:00:00.000Z"`}, {`#inst "2020-02-29"`, `#inst "2020-02-29T00:00:00.000Z"`}, {`#inst "2020-02-03T04:05+01:30"`, `#inst "2020-02-03T02:35:00.000Z"`},
	{`#inst "2020-02-03T04:05:06.7Z"`, `#inst "2020-02-03T04:05:06.700Z"`}, {`#inst "2020-02-03T04:05:06.123456789-00:00"`, `#inst "2020-02-03T04:05:06.123Z"`}, {`#inst "1969-12-31T23:59:60Z"`, `#inst "1970-01-01T00:00:00.000Z"`}, {`#inst "2020-02"`, `#inst "2020-02-01T00:00:00.000Z"`}, {`#inst "2020-02-03T04"`, `#inst "2020-02-03T04:00:00.000Z"`}, {`#inst "0000-01-01"`, `#inst "0000-01-01T00:00:00.000Z"`}, {`#inst "-0044-03-15"`, `#inst "-0044-03-15T00:00:00.000Z"`}, {`#inst "+12020-01-01"`, `#inst "+12020-01-01T00:00:00.000Z"`},
	{`#uuid "F81d4fae-7dec-11d0-a765-00a0c91e6bf6"`, `#uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"`},
	{`#bytes "00fF"`, `#bytes "00ff"`}, {`#bytes ""`, `#bytes ""`},
	{`#db/id [:db.part/user -1]`, `#db/id [:db.part/user -1]`}, {`#foo #bar 1`, `#foo #bar 1`}, {`#foo{:a 1}`, `#foo {:a 1}`}, {`#foo #_x y`, `#foo y`},
}

func TestRead(t *testing.T) {
	for _, c := range readable {
		v, err := Parse(c[0])
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		if got := v.String(); got != c[1] {
			t.Errorf("%s reads as %s, want %s", c[0], got, c[1])
		}
		if again, err := Parse(c[1]); err != nil || !Equal(v, again) {
			t.Errorf("%s, written as %s, reads as %v, %v", c[0], c[1], again, err)
		}
	}
}

// each text is refused at the position, with the words in the message and hint.
var refused = []struct{ text, at, words string }{
	{"", "1:1", "no form"}, {" ; x", "1:5", "no form"}, {"1 2", "1:3", "second form"},
	{"(1", "1:1", "list opened here is never closed: the text ends at 1:3 without )"}, {"[\n {:a\n", "2:2", "map opened here is never closed: the text ends at 3:1 without }"},
	{"#{1", "1:1", "set opened"}, {"\"a\nb", "1:1", "string opened here"}, {"\"a\\", "1:1", "string opened here"},
	{"[1 2)", "1:5", ") where ] should close the vector opened at 1:1"}, {"]", "1:1", "closes nothing"},
	{"{:a}", "1:2", ":a has no value"}, {"{:a 1 :b 2 :a 3}", "1:12", "the key :a twice"}, {"#{1 2 1N}", "1:7", "has 1N twice"}, {"{[1] 2 (1) 3}", "1:8", "twice"}, {"#:a{:b 1 :a/b 2}", "1:10", "the key :a/b twice"},
	{"::a", "1:1", "current namespace write the namespace out: :namespace/a"}, {":", "1:1", "colon without a name"}, {":a/", "1:1", "one side of the slash"}, {":/a", "1:1", "slash"}, {"a/b/c", "1:1", "more than one slash"}, {":a:", "1:1", "colon at its end"}, {":a::b", "1:1", "two in a row"}, {"a:/b", "1:1", "colon before the slash"},
	{"08", "1:1", `invalid number 08 a leading 0 means octal; write 8, or "08" for text`}, {"1x", "1:1", "invalid number"}, {"-1a", "1:1", "invalid number"}, {".5", "1:1", "begin a number with a digit"}, {"1.5N", "1:1", "invalid number"}, {"1e", "1:1", "invalid number"}, {"0x", "1:1", "invalid number"}, {"0xG", "1:1", "invalid number"}, {"37r1", "1:1", "invalid number"}, {"2r2", "1:1", "invalid number"}, {"16r-5", "1:1", "invalid number"}, {"1_000", "1:1", "invalid number"}, {"1.2.3", "1:1", "invalid number"}, {"1e+-3", "1:1", "invalid number"}, {"1e-+3", "1:1", "invalid number"},
	{"1e400", "1:1", "too big for a float write it as a decimal: 1e400M"}, {"1e99999999999M", "1:1", "too big"}, {"1e-99999999999M", "1:1", "too big"}, {"1/3", "1:1", "no exact decimal ratios are read as decimals; write a float or a rounded decimal such as 0.333333M"}, {"1/0", "1:1", "division by zero"}, {"1/-2", "1:1", "invalid number"}, {"1/2/3", "1:1", "invalid number"},
	{strings.Repeat("1", maxNumber+1), "1:1", "a number of 65537 characters"},
	{`\`, "1:1", "without a character"}, {`\ `, "1:1", `\space`}, {`\ab`, "1:1", "unknown character"}, {`\ud800`, "1:1", "unknown character"}, {`\o400`, "1:1", "unknown character"}, {`\u12`, "1:1", "unknown character"},
	{`"\q"`, "1:2", `unknown escape \q`}, {`"é\u12"`, "1:3", "four hexadecimal"}, {`"\ud800"`, "1:2", "half a character"}, {`"\ud800\n"`, "1:2", "half a character"}, {`"\400"`, "1:2", "octal"},
	{"'a", "1:1", "leave out the quote"}, {"`a", "1:1", "backquote"}, {"~a", "1:1", "argument"}, {"@a", "1:1", "argument"}, {"^:a b", "1:1", "metadata"}, {"\x00", "1:1", "unexpected character"}, {"a@b", "1:2", "no meaning"},
	{`#"a"`, "1:1", "re-pattern"}, {"#?(:clj 1)", "1:1", "conditional"}, {"#(+ 1)", "1:1", "code"}, {"#'a", "1:1", "code"}, {"#=a", "1:1", "evaluated"}, {"#^a b", "1:1", "metadata"}, {"#<a>", "1:1", "printed|prints"}, {"#", "1:1", "end of the text"}, {"#1", "1:1", "neither a tag"}, {"# a", "1:1", "neither a tag"},
	{"#_", "1:1", "discard"}, {"[1 #_]", "1:4", "discard"}, {"#foo", "1:1", "no form after it"}, {"[#foo]", "1:2", "no form after it"}, {"##Foo", "1:1", "unknown ##Foo"},
	{"#::a{:b 1}", "1:2", "current namespace"}, {"#:a[1]", "1:1", "followed by a map"}, {"#:a/b{}", "1:1", "slash"}, {"#:0{a 1}", "1:1", "digit"},
	{`#inst 5`, "1:7", "#inst takes a string, not this integer"}, {`#inst "2021-02-29"`, "1:7", "no such day"}, {`#inst "2021-13"`, "1:7", "no such month"}, {`#inst "2021-01-01T24"`, "1:7", "no such hour"}, {`#inst "2021-01-01T00:60"`, "1:7", "no such minute"}, {`#inst "2021-01-01T00:00:60"`, "1:7", "no such second"}, {`#inst "2021-01-01 00:00"`, "1:7", "is followed by"}, {`#inst "21"`, "1:7", "bad year"}, {`#inst "2021-1-1"`, "1:7", "bad month"}, {`#inst "2021-01-01T00:00:00.Z"`, "1:7", "bad fraction"}, {`#inst "2021-01-01T00:00:00+1"`, "1:7", "bad offset"}, {`#inst "2021+01-00"`, "1:7", "bad offset"},
	{`#uuid "123"`, "1:7", "not a uuid"}, {`#uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bfx"`, "1:7", "not a uuid"}, {`#bytes "0"`, "1:8", "even number"},
	{"[a\u00a0b]", "1:3", "special space (U+00A0)"}, {"“a”", "1:1", "typographic quote"}, {"[é \xff]", "1:4", "0xff is not UTF-8"}, {"\"é\xe9\"", "1:3", "0xe9 is not UTF-8"}, {"; \xe9", "1:3", "not UTF-8"}, {"a\u200bb", "1:2", "invisible"}, {`\` + "\xff", "1:2", "not UTF-8"}, {"1\u00a0", "1:2", "special space"},
	{"\xff\xfea\x00", "1:1", "UTF-16"}, {"\xfe\xff\x00a", "1:1", "UTF-16"},
	{"a\r\nb\rc\n   ]", "4:4", "closes nothing"},
	{strings.Repeat("[", 1001), "1:1001", "deeper than 1000"}, {strings.Repeat("#_", 1001), "1:2001", "deeper"}, {strings.Repeat("#a ", 1001), "1:3001", "deeper"},
}

func TestRefuse(t *testing.T) {
	for _, c := range refused {
		_, err := Parse(c.text)
		if c.at == "4:4" {
			_, err = ParseAll(c.text)
		}
		e := new(Error)
		if !errors.As(err, &e) {
			t.Errorf("%.40q: no error but %v", c.text, err)
			continue
		}
		if at := fmt.Sprintf("%d:%d", e.Pos.Line, e.Pos.Col); at != c.at || !anyOf(e.Msg+" "+e.Hint, c.words) {
			t.Errorf("%.40q: %v (%s), want %s, %s", c.text, err, e.Hint, c.at, c.words)
		}
	}
}

func anyOf(s, words string) bool {
	for _, w := range strings.Split(words, "|") {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

func TestPositions(t *testing.T) {
	v, err := Parse("[a \"é\nß\" :b\n  {c\t#inst \"2020\"} #_x\r\n #{ ; ö\n 5}]")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var walk func(Value)
	walk = func(v Value) {
		got = append(got, fmt.Sprintf("%s@%d:%d", v.Kind(), v.Pos().Line, v.Pos().Col))
		for _, item := range v.Items() {
			walk(item)
		}
	}
	walk(v)
	want := "vector@1:1 symbol@1:2 string@1:4 keyword@2:4 map@3:3 symbol@3:4 instant@3:6 set@4:2 integer@5:2"
	if strings.Join(got, " ") != want {
		t.Errorf("positions are\n%s, want\n%s", strings.Join(got, " "), want)
	}
}

// A stream gives the same values, positions and errors as text in memory,
// however its bytes arrive.
func TestStream(t *testing.T) {
	var texts []string
	for _, c := range readable {
		texts = append(texts, c[0])
	}
	for _, c := range refused {
		texts = append(texts, c.text)
	}
	texts = append(texts, strings.Repeat(`{:a "long `+strings.Repeat("x", 1000)+`" :b [1 2.5 é]} `, 100))
	for _, text := range texts {
		want, wantErr := ParseAll(text)
		for name, src := range map[string]io.Reader{
			"whole": strings.NewReader(text), "bytes": iotest.OneByteReader(strings.NewReader(text)), "early": iotest.DataErrReader(strings.NewReader(text)),
		} {
			got, err := readAll(NewReader(src))
			if fmt.Sprint(err) != fmt.Sprint(wantErr) || wantErr == nil && fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s, %.40q: %v, %v; in memory %v, %v", name, text, got, err, want, wantErr)
			}
		}
	}
}

func readAll(r *Reader) (all []Value, err error) {
	for {
		v, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
}

func TestStreamFailure(t *testing.T) {
	broken := errors.New("broken")
	r := NewReader(io.MultiReader(strings.NewReader("{:a 1} [2 345"), iotest.ErrReader(broken)))
	if v, err := r.Next(); err != nil || v.String() != "{:a 1}" {
		t.Fatalf("the form before the failure: %v, %v", v, err)
	}
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, broken) {
			t.Fatalf("want the stream's error, got %v", err)
		}
	}
	r = NewReader(io.MultiReader(strings.NewReader("345"), iotest.ErrReader(broken)))
	if v, err := r.Next(); !errors.Is(err, broken) {
		t.Fatalf("a number that may be cut off was read as %v, %v", v, err)
	}
}

// endless is a stream of one form that never ends, or of small ones.
type endless struct{ first, then string }

func (e *endless) Read(p []byte) (int, error) {
	if e.first != "" {
		n := copy(p, e.first)
		e.first = e.first[n:]
		return n, nil
	}
	return copy(p, strings.Repeat(e.then, len(p)/len(e.then)+1)), nil
}

func TestFormLimit(t *testing.T) {
	for _, first := range []string{"{:a 1}\n\n [", "{:a 1}\n\n \"", "{:a 1}\n\n :k"} {
		r := NewReader(&endless{first, "aaaaaaa "})
		if first[len(first)-1] == 'k' {
			r = NewReader(&endless{first, "aaaaaaaa"})
		}
		r.limit = 1 << 20
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		_, err := r.Next()
		if e := new(Error); !errors.As(err, &e) || e.Pos != (Pos{3, 2}) || !strings.Contains(e.Msg, "more than 1048576 bytes") {
			t.Errorf("%q…: %v", first, err)
		}
	}
}

// Forms of any number pass through a window of fixed size, comments too.
func TestStreamMemory(t *testing.T) {
	form := `{:db/id 9291 :name "Petr"} ; ` + strings.Repeat("x", 70_000) + "\n"
	r := NewReader(strings.NewReader(strings.Repeat(form, 20)))
	r.limit = 100_000
	n := 0
	for ; ; n++ {
		if _, err := r.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n != 20 || cap(r.buf) > 2*windowSize || r.dropped+int64(r.at) != int64(20*len(form)) {
		t.Errorf("%d forms, a window of %d bytes, offset %d", n, cap(r.buf), r.dropped+int64(r.at))
	}
}

// A value read from a stream does not change when the reader goes on.
func TestStreamValuesStay(t *testing.T) {
	var text bytes.Buffer
	for i := range 5000 {
		fmt.Fprintf(&text, "[%d :k%d \"s%d\" sym%d {:a [%d \"é%d\"]}]\n", i, i%700, i, i%300, i, i)
	}
	all, err := readAll(NewReader(&text))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range all {
		if want := fmt.Sprintf("[%d :k%d \"s%d\" sym%d {:a [%d \"é%d\"]}]", i, i%700, i, i%300, i, i); v.String() != want {
			t.Fatalf("form %d is %s, want %s", i, v, want)
		}
	}
}
