package datahike

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// maxFile is how many bytes a file of a store may have, unpacked: a node of the widest trees has some 100 KiB.
const maxFile = 256 << 20

// The header of a file: version, serializer, compressor, encryptor, and how long what is said of the value is.
const (
	headerSize    = 20
	oldHeaderSize = 8 // of versions before 0.7
)

// UnsupportedError is a store that was set up in a way that is not read here.
type UnsupportedError struct{ Setting, Msg string }

// Error names the setting.
func (e *UnsupportedError) Error() string { return e.Setting + ": " + e.Msg }

// Hint is what to try instead.
func (e *UnsupportedError) Hint() string {
	return "copy the database with Datahike into a store without " + e.Setting + ", and read that"
}

// decodeFile reads what a file holds: its key, and the value.
func decodeFile(data []byte) (key, value any, err error) {
	if len(data) < oldHeaderSize {
		return nil, nil, fmt.Errorf("%d bytes are no file of a store", len(data))
	}
	if err := checkHeader(data); err != nil {
		return nil, nil, err
	}
	start := headerSize
	if len(data) < headerSize || !bytes.Equal(data[oldHeaderSize:headerSize], make([]byte, headerSize-oldHeaderSize)) {
		start = oldHeaderSize
	}
	about := int64(binary.BigEndian.Uint32(data[4:8]))
	if about > int64(len(data)-start) {
		return nil, nil, fmt.Errorf("it tells %d bytes about its value and has %d", about, len(data)-start)
	}
	end := start + int(about)
	meta, err := decodePart(data[2], data[start:end], start)
	if err != nil {
		return nil, nil, err
	}
	m, ok := meta.(fressian.Map)
	if !ok {
		return nil, nil, errors.New("what it says of its value is no map")
	}
	value, err = decodePart(data[2], data[end:], end)
	return m.Get("key"), value, err
}

// checkHeader refuses what this build does not read, by the name of the setting.
func checkHeader(data []byte) error {
	if data[0] != 1 {
		return fmt.Errorf("version %d of the layout, and 1 is the one there is", data[0])
	}
	switch data[1] {
	case 1:
	case 2, 3:
		return &UnsupportedError{":serializer CBOR", "files are written as CBOR, and Fressian is what is read"}
	default:
		return &UnsupportedError{fmt.Sprintf(":serializer %d", data[1]), "files are not written as Fressian"}
	}
	if data[3] != 0 {
		return &UnsupportedError{":encryptor AES", "files are encrypted"}
	}
	return nil
}

// decodePart unpacks and reads the bytes that begin at offset at of a file.
func decodePart(compressor byte, b []byte, at int) (any, error) {
	b, packed, err := unpack(compressor, b)
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", at, err)
	}
	v, err := fressian.Read(b)
	var fault *fressian.Error
	if errors.As(err, &fault) && !packed {
		return nil, &fressian.Error{Offset: at + fault.Offset, Msg: fault.Msg}
	}
	if err != nil {
		return nil, fmt.Errorf("unpacked, %w", err)
	}
	return v, nil
}

// zstdMagic is how a frame of zstd begins.
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

func unpack(compressor byte, b []byte) (out []byte, packed bool, err error) {
	var in io.Reader
	switch {
	case compressor == 0:
		return b, false, nil
	case bytes.HasPrefix(b, zstdMagic):
		z, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxFile))
		if err != nil {
			return nil, true, err
		}
		defer z.Close()
		in = z
	case compressor == 1:
		in = lz4.NewReader(bytes.NewReader(b))
	default:
		return nil, true, &UnsupportedError{fmt.Sprintf(":compressor %d", compressor), "files are packed in a way that is neither LZ4 nor zstd"}
	}
	out, err = io.ReadAll(io.LimitReader(in, maxFile+1))
	if err == nil && len(out) > maxFile {
		err = fmt.Errorf("more than %d MiB when unpacked", maxFile>>20)
	}
	return out, true, err
}
