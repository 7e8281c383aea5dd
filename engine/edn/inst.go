package edn

import (
	"fmt"
	"time"
)

// ParseInst reads an instant as #inst does: RFC 3339 that may be cut off after
// any part, with Z or an offset or neither (UTC), in milliseconds since 1970.
// Digits after the milliseconds are dropped. Years beyond 0 … 9999 have a
// sign and at least four digits. msg says what is wrong; it is "" for a good one.
func ParseInst(s string) (ms int64, msg string) {
	p := instParser{s: s}
	year := p.year()
	month, day := 1, 1
	var hour, minute, second, milli int
	if p.next('-') {
		month = p.two("month", 1, 12)
		if p.next('-') {
			day = p.two("day", 1, daysIn(year, month))
			if p.next('T') {
				hour, minute, second, milli = p.clock()
			}
		}
	}
	offset := p.offset()
	if p.msg == "" && p.s != "" {
		p.msg = "is followed by " + p.s
	}
	if p.msg != "" {
		return 0, "the instant " + s + " " + p.msg
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, milli*1e6, time.UTC)
	return at.UnixMilli() - int64(offset)*60_000, ""
}

type instParser struct{ s, msg string }

// next steps over c where that comes next.
func (p *instParser) next(c byte) bool {
	if p.msg != "" || p.s == "" || p.s[0] != c {
		return false
	}
	p.s = p.s[1:]
	return true
}

// number reads exactly n digits.
func (p *instParser) number(n int, what string) int {
	if p.msg != "" {
		return 0
	}
	if len(p.s) < n || !allDigits(p.s[:n]) {
		p.msg = "has a bad " + what
		return 0
	}
	v := 0
	for _, c := range []byte(p.s[:n]) {
		v = v*10 + int(c-'0')
	}
	p.s = p.s[n:]
	return v
}

// two reads two digits between lo and hi.
func (p *instParser) two(what string, lo, hi int) int {
	v := p.number(2, what)
	if p.msg == "" && (v < lo || v > hi) {
		p.msg = "has no such " + what
	}
	return v
}

func (p *instParser) year() int {
	sign, size := 1, 4
	if p.next('-') {
		sign = -1
	} else if !p.next('+') {
		return p.number(4, "year")
	}
	for size < min(len(p.s), 9) && classes[p.s[size]]&digit != 0 {
		size++
	}
	return sign * p.number(size, "year")
}

// clock reads hh[:mm[:ss[.fraction]]].
func (p *instParser) clock() (hour, minute, second, milli int) {
	hour = p.two("hour", 0, 23)
	if p.next(':') {
		minute = p.two("minute", 0, 59)
		if p.next(':') {
			leap := 59
			if minute == 59 {
				leap = 60
			}
			second = p.two("second", 0, leap)
			if p.next('.') {
				milli = p.fraction()
			}
		}
	}
	return hour, minute, second, milli
}

func (p *instParser) fraction() (milli int) {
	n := 0
	for n < len(p.s) && classes[p.s[n]]&digit != 0 {
		if n < 3 {
			milli = milli*10 + int(p.s[n]-'0')
		}
		n++
	}
	if n == 0 {
		p.msg = "has a bad fraction"
	}
	p.s = p.s[n:]
	for ; n < 3; n++ {
		milli *= 10
	}
	return milli
}

// offset reads Z or ±hh:mm, in minutes.
func (p *instParser) offset() int {
	sign := 1
	switch {
	case p.next('Z'), p.s == "", p.msg != "":
		return 0
	case p.next('-'):
		sign = -1
	case !p.next('+'):
		return 0
	}
	hours := p.two("offset", 0, 23)
	if !p.next(':') && p.msg == "" {
		p.msg = "has a bad offset"
	}
	return sign * (hours*60 + p.two("offset", 0, 59))
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// AppendInst writes an instant as RFC 3339 with milliseconds, in UTC:
// 2026-11-22T14:30:00.000Z.
func AppendInst(dst []byte, ms int64) []byte {
	t := time.UnixMilli(ms).UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		dst = fmt.Appendf(dst, "%+05d", y)
		return t.AppendFormat(dst, "-01-02T15:04:05.000Z")
	}
	return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}
