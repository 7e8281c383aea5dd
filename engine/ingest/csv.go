package ingest

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dhfs/dhfs/engine/edn"
)

// maxCSVRow bounds a row: beyond it, a quote is missing somewhere.
const maxCSVRow = 16 << 20

// csvReader reads rows of cells that a separator stands between. A cell in double quotes may
// have separators and line ends in it, and quotes written twice.
type csvReader struct {
	in    *input
	src   *bufio.Reader
	sep   byte  // 0: the one that the header has
	line  int32 // of the next line to be read
	buf   []byte
	spans []span
}

// span is where a cell stands in the row's bytes.
type span struct {
	from, to int
	at       edn.Pos
	quoted   bool
	doubled  bool // it has quotes written twice
}

// csvCell is the text of a cell and where it begins.
type csvCell struct {
	text   string
	at     edn.Pos
	quoted bool
}

func newCSVReader(in *input, src io.Reader, sep byte) *csvReader {
	return &csvReader{in: in, src: bufio.NewReaderSize(src, 256<<10), sep: sep, line: 1}
}

// next reads a row into cells, which it returns. Empty lines are no rows. io.EOF after the last one.
func (c *csvReader) next(cells []csvCell) ([]csvCell, error) {
	for {
		if err := c.readRow(); err != nil {
			return nil, c.in.explain(err)
		}
		if len(c.spans) > 1 || c.spans[0].from < c.spans[0].to || c.spans[0].quoted {
			break
		}
	}
	text := string(c.buf) // one string, which all cells share
	for _, s := range c.spans {
		cell := csvCell{text: text[s.from:s.to], at: s.at, quoted: s.quoted}
		if s.doubled {
			cell.text = strings.ReplaceAll(cell.text, `""`, `"`)
		}
		cells = append(cells, cell)
	}
	return cells, nil
}

// readRow reads the lines of one row and finds the cells in them.
func (c *csvReader) readRow() error {
	c.buf, c.spans = c.buf[:0], c.spans[:0]
	if err := c.readLine(); err != nil {
		return err
	}
	if c.line == 2 {
		c.buf = bytes.TrimPrefix(c.buf, []byte("\ufeff"))
		if c.sep == 0 {
			c.sep = separatorOf(c.buf)
		}
	}
	for p := (place{line: c.line - 1}); ; {
		end, err := c.cell(&p)
		if err != nil || end {
			return err
		}
	}
}

// readLine appends a line to buf, without its end, and checks that it is text.
func (c *csvReader) readLine() error {
	from := len(c.buf)
	for {
		part, err := c.src.ReadSlice('\n')
		c.buf = append(c.buf, part...)
		if err == nil {
			break
		}
		if err == io.EOF && len(c.buf) > from {
			break
		}
		if err != bufio.ErrBufferFull {
			return err
		}
		if len(c.buf) > maxCSVRow {
			return c.in.wrong(edn.Pos{Line: c.line}, "check the line ends, and that every quote is closed", "a row of more than %d bytes", maxCSVRow)
		}
	}
	c.buf = bytes.TrimSuffix(c.buf, []byte("\n"))
	c.buf = bytes.TrimSuffix(c.buf, []byte("\r"))
	c.line++
	return c.checkText(c.buf[from:])
}

// checkText refuses bytes that are not text in UTF-8.
func (c *csvReader) checkText(line []byte) error {
	if utf8.Valid(line) && bytes.IndexByte(line, 0) < 0 {
		return nil
	}
	col := int32(1)
	for i := 0; i < len(line); col++ {
		at := edn.Pos{Line: c.line - 1, Col: col}
		switch r, n := utf8.DecodeRune(line[i:]); {
		case r == utf8.RuneError && n == 1 && at.Line == 1 && i == 0 && (line[0] == 0xFF || line[0] == 0xFE):
			return c.in.wrong(at, "convert it to UTF-8: iconv -f UTF-16 -t UTF-8", "the file is UTF-16")
		case r == utf8.RuneError && n == 1:
			return c.in.wrong(at, "convert the file: iconv -f LATIN1 -t UTF-8 (or WINDOWS-1252)", "the byte %#02x is not UTF-8", line[i])
		case r == 0:
			return c.in.wrong(at, "if it is UTF-16: iconv -f UTF-16 -t UTF-8", "a NUL byte: this is no text in UTF-8")
		default:
			i += n
		}
	}
	return nil
}

// place is where a row is being read.
type place struct {
	at   int   // in buf
	line int32 // and, in the text, its line,
	bol  int   // so that at-bol is how many characters of the line come before it
}

func (p *place) pos() edn.Pos { return edn.Pos{Line: p.line, Col: int32(p.at - p.bol + 1)} }

// skip goes over buf[at:to], on one line.
func (p *place) skip(buf []byte, to int) {
	for _, b := range buf[p.at:to] {
		if b&0xC0 == 0x80 {
			p.bol++
		}
	}
	p.at = to
}

// cell finds the next cell; end is true when it is the row's last.
func (c *csvReader) cell(p *place) (end bool, err error) {
	if p.at < len(c.buf) && c.buf[p.at] == '"' {
		if err := c.quoted(p); err != nil {
			return false, err
		}
	} else {
		s := span{from: p.at, at: p.pos()}
		n := bytes.IndexByte(c.buf[p.at:], c.sep)
		if n < 0 {
			n = len(c.buf) - p.at
		}
		p.skip(c.buf, p.at+n)
		s.to = p.at
		c.spans = append(c.spans, s)
	}
	if p.at == len(c.buf) {
		return true, nil
	}
	p.at++ // the separator
	return false, nil
}

// quoted finds a cell in quotes, reading more lines as long as it is open.
func (c *csvReader) quoted(p *place) error {
	s := span{from: p.at + 1, at: p.pos(), quoted: true}
	p.at++
	for {
		n := bytes.IndexByte(c.buf[p.at:], '"')
		if n < 0 {
			if err := c.continued(p, s.at); err != nil {
				return err
			}
			continue
		}
		p.skip(c.buf, p.at+n)
		p.at++
		if p.at == len(c.buf) || c.buf[p.at] == c.sep {
			s.to = p.at - 1
			c.spans = append(c.spans, s)
			return nil
		}
		if c.buf[p.at] != '"' {
			return c.in.wrong(p.pos(), `write a quote inside a quoted cell twice: ""`, "text after the closing quote of a cell")
		}
		s.doubled = true
		p.at++
	}
}

// continued reads another line into an open cell, and goes to where it begins.
func (c *csvReader) continued(p *place, opened edn.Pos) error {
	c.buf = append(c.buf, '\n')
	p.at = len(c.buf)
	p.bol, p.line = p.at, c.line
	if len(c.buf) > maxCSVRow {
		return c.in.wrong(opened, "", "the quote opened here is not closed within %d bytes", maxCSVRow)
	}
	err := c.readLine()
	if err == io.EOF {
		return c.in.wrong(opened, "close it, or double it if it is part of the text", "the quote opened here is never closed")
	}
	return err
}

// separators are tried in this order where a header has several as often.
var separators = []byte{',', ';', '\t', '|'}

// separatorOf is the separator that the header has most often outside of quotes.
func separatorOf(header []byte) byte {
	counts := make([]int, len(separators))
	quoted := false
	for i := range len(header) {
		if header[i] == '"' {
			quoted = !quoted
		} else if n := slices.Index(separators, header[i]); n >= 0 && !quoted {
			counts[n]++
		}
	}
	return separators[slices.Index(counts, slices.Max(counts))]
}
