package dagcbor

import (
	"strings"
	"testing"
)

// Every way in which bytes can be CBOR without being strict dag-cbor, or neither.
var refused = []struct{ name, hex, reason string }{
	{"nothing", "", "ends where an item is expected"},
	{"trailing byte", "00 00", "1 bytes too many"},
	{"number below 24 in two bytes", "18 17", "shortest"},
	{"number below 256 in three", "19 00ff", "shortest"},
	{"number below 2^16 in five", "1a 0000ffff", "shortest"},
	{"number below 2^32 in nine", "1b 00000000ffffffff", "shortest"},
	{"negative below 24 in two bytes", "38 17", "shortest"},
	{"negative below 2^32 in nine", "3b 00000000ffffffff", "shortest"},
	{"negative below -2^63", "3b 8000000000000000", "below -2^63"},
	{"smallest negative of CBOR", "3b ffffffffffffffff", "below -2^63"},
	{"long length of bytes", "58 01 00", "shortest"},
	{"long length of text", "78 01 61", "shortest"},
	{"long count of an array", "98 01 00", "shortest"},
	{"long count of a map", "b8 01 6161 00", "shortest"},
	{"number cut short", "19 01", "ends within a number"},
	{"number without its bytes", "1b", "ends within a number"},
	{"reserved number 28", "1c", "starts no item"},
	{"reserved number 30", "9e", "starts no item"},
	{"indefinite bytes", "5f 41 00 ff", "indefinite"},
	{"indefinite text", "7f 61 61 ff", "indefinite"},
	{"indefinite array", "9f 00 ff", "indefinite"},
	{"indefinite map", "bf 6161 00 ff", "indefinite"},
	{"break", "ff", "break"},
	{"bytes cut short", "43 0102", "with 2 bytes left"},
	{"text cut short", "63 6161", "with 2 bytes left"},
	{"bytes of 2^64-1", "5b ffffffffffffffff", "with 0 bytes left"},
	{"array of 2^32 items", "9b 0000000100000000 00", "with 1 bytes left"},
	{"array with an item missing", "82 00", "with 1 bytes left"},
	{"array with the last item missing", "82 82 00 00", "ends where an item is expected"},
	{"map with a value missing", "a1 6161", "ends where an item is expected"},
	{"map of more pairs than bytes", "a2 60 00 00", "with 3 bytes left"},
	{"text that is not UTF-8", "61 ff", "UTF-8"},
	{"text with a surrogate", "63 eda080", "UTF-8"},
	{"text with an overlong form", "62 c080", "UTF-8"},
	{"half float", "f9 3c00", "shorter than 64 bits"},
	{"single float", "fa 3f800000", "shorter than 64 bits"},
	{"NaN", "fb 7ff8000000000000", "finite"},
	{"signalling NaN", "fb fff0000000000001", "finite"},
	{"infinity", "fb 7ff0000000000000", "finite"},
	{"negative infinity", "fb fff0000000000000", "finite"},
	{"float cut short", "fb 3ff0", "ends within a float"},
	{"undefined", "f7", "simple value 0xf7"},
	{"simple value 0", "e0", "simple value 0xe0"},
	{"simple value 32", "f8 20", "simple value 0xf8"},
	{"false in two bytes", "f8 14", "simple value 0xf8"},
	{"reserved simple value", "fc", "simple value 0xfc"},
	{"key that is a number", "a1 01 01", "unsigned integer where text"},
	{"key that is bytes", "a1 41 61 01", "bytes where text"},
	{"key twice", "a2 6161 00 6161 00", "does not come after"},
	{"empty key twice", "a2 60 00 60 00", "does not come after"},
	{"keys not sorted bytewise", "a2 6162 00 6161 00", "does not come after"},
	{"longer key first", "a2 626161 00 6162 00", "does not come after"},
	{"date", "c1 00", "tag other than 42"},
	{"tag 42 over text", "d82a 61 00", "text where bytes"},
	{"tag 42 in three bytes", "d9002a 41 00", "tag other than 42"},
	{"tag 43", "d82b 41 00", "tag other than 42"},
	{"tag without content", "d8", "tag other than 42"},
	{"bignum", "c2 49 010000000000000000", "tag other than 42"},
	{"self-described CBOR", "d9d9f7 00", "tag other than 42"},
	{"empty link", "d82a 40", "zero byte"},
	{"link without multibase", "d82a 5824 01711220" + strings.Repeat("00", 32), "zero byte"},
	{"link to no CID", "d82a 41 00", "invalid CID"},
	{"link to CIDv2", "d82a 5825 00 02711220" + strings.Repeat("00", 32), "invalid CID"},
	{"link to a CID cut short", "d82a 5824 00 01711220" + strings.Repeat("00", 31), "invalid CID"},
	{"link to a CID and more", "d82a 5826 00 01711220" + strings.Repeat("00", 33), "invalid CID"},
	{"link with a codec in two bytes", "d82a 5826 00 01f1001220" + strings.Repeat("00", 32), "invalid CID"},
}

func TestRefusesWhatIsNotStrict(t *testing.T) {
	for _, c := range refused {
		data := unhex(t, c.hex)
		err := Check(data)
		if err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: Check(%x) = %v, want %q", c.name, data, err, c.reason)
		}
		if links, err := Links(data); err == nil || links != nil {
			t.Errorf("%s: Links(%x) = %v, %v", c.name, data, links, err)
		}
		if v, err := readAny(data); err == nil {
			t.Errorf("%s: %x was read as %v", c.name, data, v)
		}
	}
}

func TestTakesForeignLinks(t *testing.T) {
	for name, hex := range map[string]string{
		"CIDv0":                  "d82a 5823 00 1220" + strings.Repeat("07", 32),
		"dag-pb":                 "d82a 5825 00 01701220" + strings.Repeat("07", 32),
		"identity":               "d82a 46 00 01 55 00 01 07",
		"sha2-512":               "d82a 5845 00 01 71 13 40" + strings.Repeat("07", 64),
		"dag-json, 2 byte codec": "d82a 5826 00 01 a902 1220" + strings.Repeat("07", 32),
	} {
		if links, err := Links(unhex(t, hex)); err != nil || len(links) != 1 {
			t.Errorf("%s: %v, %v", name, links, err)
		}
	}
}
