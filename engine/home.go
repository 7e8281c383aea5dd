package engine

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// noKind is the kind of entities without an identity.
const noKind = "_"

// kindOf is the directory of the entities that are identified in namespace ns.
func kindOf(ns string) string {
	switch ns {
	case "":
		return noKind
	case noKind:
		return "%5F"
	}
	return FileName(ns)
}

// idHome is where an entity without an identity lives.
func idHome(id ID) Home { return Home{noKind, strconv.FormatUint(uint64(id), 10)} }

// home is where an entity with value v of the identity i lives. The lowest
// identity of a namespace names by value alone, with every = escaped; all
// others, and those of no namespace, as attr=value. So no two entities meet.
func (i identity) home(v Value) Home {
	text := identityText(v)
	name := escape(text, false)
	if !i.named {
		return Home{i.kind, shorten(escapeEquals(name), text)}
	}
	_, attr := splitIdent(i.attr.Ident)
	return Home{i.kind, shorten(escapeEquals(escape(attr, false))+"="+name, attr+"="+text)}
}

func escapeEquals(name string) string { return strings.ReplaceAll(name, "=", "%3D") }

// identityText is the text that an entity is named by: bytes, which need not be text, in hex.
func identityText(v Value) string {
	switch {
	case v.out:
		return v.Link().String()
	case v.kind == BytesKind:
		return hex.EncodeToString([]byte(v.str))
	}
	return Text(v)
}
