package ingest

import (
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// lineReader undoes what keeps one value of many on its line.
var lineReader = strings.NewReplacer(`\\`, `\`, `\n`, "\n")

// typed tells whether the text of the attribute tells its value, which it does not where the schema is made on read.
func (a *treeAttr) typed() bool { return a.kind != engine.NilKind || a.property != "" }

// values reads the text of an attribute's file: one value and a newline, or one a line with cardinality many; bytes are raw.
func (a *treeAttr) values(text string, ref func(string) (edn.Value, error), wrong func(hint, format string, args ...any) error) ([]edn.Value, error) {
	if !a.typed() {
		return nil, wrong("import the export of the whole commit, which has its history in "+HistoryFile, ":%s has no type, so the text does not tell its value", a.ident)
	}
	lines := []string{text}
	switch {
	case a.many:
		lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for i := range lines {
			lines[i] = lineReader.Replace(lines[i])
		}
	case a.kind != engine.BytesKind:
		lines[0] = strings.TrimSuffix(text, "\n")
	}
	forms := make([]edn.Value, len(lines))
	for i, line := range lines {
		v, err := a.value(line, ref, wrong)
		if err != nil {
			return nil, err
		}
		forms[i] = v
	}
	return forms, nil
}

func (a *treeAttr) value(text string, ref func(string) (edn.Value, error), wrong func(hint, format string, args ...any) error) (edn.Value, error) {
	if a.kind == engine.RefKind && a.property == "" {
		return ref(text)
	}
	v, ok := readText(text, a.kind)
	if !ok {
		return v, wrong("write a "+a.kind.String()+" "+example(a.kind), "%.40q is no value of :%s, which is of type %s", text, a.ident, a.kind)
	}
	return v, nil
}

// readText is the inverse of engine.Text.
func readText(text string, k engine.Kind) (edn.Value, bool) {
	switch k {
	case engine.StringKind:
		return edn.MakeString(text), true
	case engine.BytesKind:
		return edn.MakeBytes([]byte(text)), true
	case engine.DoubleKind, engine.FloatKind:
		switch text {
		case "NaN", "Infinity", "-Infinity":
			v, err := edn.Parse("##" + strings.Replace(text, "Infinity", "Inf", 1))
			return v, err == nil
		}
	case engine.TupleKind, engine.NilKind, engine.RefKind: // of the schema, where refs are keywords
		v, err := edn.Parse(text)
		return v, err == nil
	case engine.KeywordKind:
		if !strings.HasPrefix(text, ":") {
			return edn.MakeNil(), false
		}
	}
	return fromText(text, k)
}
