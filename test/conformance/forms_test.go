package conformance

import (
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// testCase is one case. A part that is no EDN at all, which may be the point of a case, is in bad.
type testCase struct {
	id    string
	parts map[string]edn.Value
	bad   map[string]error
}

func (c *testCase) part(name string) edn.Value { return c.parts[name] }

func (c *testCase) has(name string) bool { _, ok := c.parts[name]; return ok }

func (c *testCase) tagged(tag string) bool {
	for _, t := range c.part("tags").Items() {
		if t.Is(":" + tag) {
			return true
		}
	}
	return false
}

// readCases reads a file of cases.
func readCases(text string) ([]*testCase, error) {
	outer := split(text)
	if len(outer) != 1 || !strings.HasPrefix(outer[0], "[") {
		return nil, fmt.Errorf("the file is not one vector of maps")
	}
	var cases []*testCase
	for _, form := range split(inside(outer[0])) {
		c, err := readCase(form)
		if err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func readCase(form string) (*testCase, error) {
	c := &testCase{parts: map[string]edn.Value{}, bad: map[string]error{}}
	fields := split(inside(form))
	if len(fields)%2 != 0 {
		return nil, fmt.Errorf("a case with a key and no value: %.60s", form)
	}
	for i := 0; i < len(fields); i += 2 {
		name := strings.TrimPrefix(fields[i], ":")
		v, err := edn.Parse(fields[i+1])
		if err != nil {
			c.bad[name] = err
			continue
		}
		c.parts[name] = v
	}
	c.id = c.part("id").Text()
	if c.id == "" {
		return nil, fmt.Errorf("a case without :id: %.60s", form)
	}
	return c, nil
}

// inside is a bracketed form without its brackets.
func inside(form string) string { return form[1 : len(form)-1] }

// split cuts text into the texts of its forms. It looks at brackets and strings
// only, so that a form which is no EDN does not spoil those around it.
func split(text string) []string {
	var forms []string
	for {
		text = strings.TrimLeft(text, " \t\r\n,")
		switch {
		case text == "":
			return forms
		case text[0] == ';':
			_, text, _ = strings.Cut(text, "\n")
			continue
		}
		n := formLen(text)
		if strings.HasPrefix(text, "#") && !strings.HasPrefix(text, "#{") {
			rest := text[n:]
			n += len(rest) - len(strings.TrimLeft(rest, " \t\r\n,"))
			n += formLen(text[n:])
		}
		forms, text = append(forms, text[:n]), text[n:]
	}
}

// formLen is the length of the first form: a string, something in brackets, or up to the next space.
func formLen(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case c == '\\':
			i++
			continue
		case c == ';':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case strings.IndexByte("([{", c) >= 0:
			depth++
			continue
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		}
		if depth == 0 && (i+1 >= len(text) || strings.IndexByte("\" \t\r\n,)]};", text[i+1]) >= 0 || strings.IndexByte("\")]}", text[i]) >= 0) {
			return min(i+1, len(text))
		}
	}
	return len(text)
}
