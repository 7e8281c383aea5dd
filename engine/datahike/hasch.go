package datahike

import (
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"math/big"
	"strconv"

	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/google/uuid"
)

// The first byte of what is hashed tells of which type it is.
const (
	hashNil     = 0x00
	hashBool    = 0x01
	hashNumber  = 0x02
	hashString  = 0x03
	hashSymbol  = 0x04
	hashKeyword = 0x05
	hashInst    = 0x06
	hashUUID    = 0x07
	hashVector  = 0x09
	hashMap     = 0x0a
	hashSet     = 0x0b
	hashBytes   = 0x0d
)

// contentID is the uuid that the library hasch gives to a value: the names of files come from it, and with
// :crypto-hash? those of nodes and commits.
func contentID(v any) (uuid.UUID, error) {
	b, err := hashInput(v)
	if err != nil {
		return uuid.UUID{}, err
	}
	sum := sha512.Sum512(b)
	high := (binary.BigEndian.Uint64(sum[:8]) | 0x5000) & 0x3fffffffffff5fff
	low := binary.BigEndian.Uint64(sum[8:16])&^(3<<62) | 1<<63
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], high)
	binary.BigEndian.PutUint64(id[8:], low)
	return id, nil
}

// hashInput is the bytes that stand for a value.
func hashInput(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return []byte{hashNil}, nil
	case bool:
		if v {
			return []byte{hashBool, 0x29}, nil
		}
		return []byte{hashBool, 0x28}, nil
	case string:
		return escaped(hashString, v), nil
	case fressian.Symbol:
		return escaped(hashSymbol, string(v)), nil
	case fressian.Keyword:
		return escaped(hashKeyword, ":"+string(v)), nil
	case []byte:
		return escaped(hashBytes, string(v)), nil
	case fressian.Inst:
		return strconv.AppendInt([]byte{hashInst}, int64(v), 10), nil
	case fressian.UUID:
		return append([]byte{hashUUID}, uuid.UUID(v).String()...), nil
	case fressian.List:
		return hashList(v)
	case fressian.Set:
		return hashElements(v)
	case fressian.Map:
		return hashEntries(v)
	case fressian.Tagged:
		if v.Tag == datomTag && len(v.Items) == 1 {
			return hashInput(v.Items[0])
		}
		return nil, fmt.Errorf("no hash of a #%s", v.Tag)
	}
	text, ok := javaNumber(v)
	if !ok {
		return nil, fmt.Errorf("no hash of a %T", v)
	}
	return append([]byte{hashNumber}, text...), nil
}

// escaped is text with marks of the bytes that would be taken for those in front of a value; the hash of long text.
func escaped(kind byte, s string) []byte {
	if len(s) >= 1024 {
		sum := sha512.Sum512([]byte(s))
		return append([]byte{kind}, sum[:]...)
	}
	out := append([]byte{kind}, s...)
	for i := range len(s) {
		if s[i] > 0 && s[i] < 30 {
			out = append(out, 1)
		} else {
			out = append(out, 0)
		}
	}
	return out
}

func hashList(l fressian.List) ([]byte, error) {
	if len(l) == 0 {
		l = fressian.List{nil}
	}
	h := sha512.New()
	for _, item := range l {
		b, err := hashInput(item)
		if err != nil {
			return nil, err
		}
		h.Write(b)
	}
	return h.Sum([]byte{hashVector}), nil
}

func hashElements(s fressian.Set) ([]byte, error) {
	return mixed(hashSet, len(s), func(i int) ([]byte, error) {
		b, err := hashInput(s[i])
		sum := sha512.Sum512(b)
		return sum[:], err
	})
}

func hashEntries(m fressian.Map) ([]byte, error) {
	return mixed(hashMap, len(m)/2, func(i int) ([]byte, error) {
		return hashList(fressian.List(m[2*i : 2*i+2]))
	})
}

// mixed is the same whatever the order of the n parts.
func mixed(kind byte, n int, part func(int) ([]byte, error)) ([]byte, error) {
	if n == 0 {
		return []byte{kind}, nil
	}
	var sum [32]byte
	for i := range n {
		b, err := part(i)
		if err != nil {
			return nil, err
		}
		for j := range sum {
			sum[j] ^= b[j]
		}
	}
	return append([]byte{kind}, sum[:]...), nil
}

// javaNumber is a number as Java prints it.
func javaNumber(v any) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), true
	case *big.Int:
		return v.String(), true
	case fressian.BigDec:
		return javaDecimal(v), true
	case float64:
		return javaFloat(v, 64), true
	case float32:
		return javaFloat(float64(v), 32), true
	}
	return "", false
}
