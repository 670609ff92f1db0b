package message

import "strconv"

// decimal is a number by its decimal text, of which it keeps the digits where
// they are: nothing is converted, lost or allocated. Digits are counted from the
// first of the text; the decimal point is before digit point. Digits outside
// [lo, hi) are zero, those at its ends are not; lo equals hi for zero.
type decimal struct {
	whole, frac []byte // the digits around the point in the text
	point       int
	lo, hi      int
	negative    bool // also of what was rounded to zero, which x/text prints as -0
	raised      bool // rounding added one to the last digit
	scientific  bool // the text has an exponent
}

// maxExponent is beyond every number anyone means and far from overflow.
const maxExponent = 1 << 24

// parseDecimal reads the text of a JSON number; zeros may lead.
func parseDecimal(b []byte) (decimal, bool) {
	var d decimal
	if len(b) > 0 && b[0] == '-' {
		d.negative = true
		b = b[1:]
	}
	n := countDigits(b)
	if n == 0 {
		return d, false
	}
	d.whole, b = b[:n], b[n:]
	if len(b) > 0 && b[0] == '.' {
		if n = countDigits(b[1:]); n == 0 {
			return d, false
		}
		d.frac, b = b[1:1+n], b[1+n:]
	}
	d.point = len(d.whole)
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		d.scientific = true
		exp, rest, ok := parseExponent(b[1:])
		if !ok {
			return d, false
		}
		d.point, b = d.point+exp, rest
	}
	if len(b) > 0 {
		return d, false
	}
	d.hi = len(d.whole) + len(d.frac)
	d.trim()
	if d.lo == d.hi {
		d.negative = false
	}
	return d, true
}

func parseExponent(b []byte) (exp int, rest []byte, ok bool) {
	negative := false
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		negative = b[0] == '-'
		b = b[1:]
	}
	n := countDigits(b)
	for _, c := range b[:n] {
		exp = min(exp*10+int(c-'0'), maxExponent)
	}
	if negative {
		exp = -exp
	}
	return exp, b[n:], n > 0
}

func countDigits(b []byte) int {
	for i, c := range b {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(b)
}

// trim moves the ends inwards over zeros.
func (d *decimal) trim() {
	for d.lo < d.hi && d.at(d.lo) == 0 {
		d.lo++
	}
	for d.lo < d.hi && d.at(d.hi-1) == 0 {
		d.hi--
	}
	if d.lo >= d.hi {
		d.lo, d.hi, d.point = 0, 0, 0
	}
}

// at returns digit i, which may be anywhere.
func (d *decimal) at(i int) byte {
	if i < d.lo || i >= d.hi {
		return 0
	}
	var c byte
	switch {
	case i < 0: // where a carry went beyond the first digit
	case i < len(d.whole):
		c = d.whole[i] - '0'
	case i-len(d.whole) < len(d.frac):
		c = d.frac[i-len(d.whole)] - '0'
	}
	if d.raised && i == d.hi-1 {
		c++
	}
	return c
}

// wholeDigits returns the number of digits before the point, 0 for 0.5.
func (d *decimal) wholeDigits() int { return max(d.point-d.lo, 0) }

// equal compares values.
func (d *decimal) equal(e *decimal) bool {
	n := d.hi - d.lo
	if n != e.hi-e.lo || d.negative != e.negative || d.point-d.lo != e.point-e.lo {
		return false
	}
	for i := range n {
		if d.at(d.lo+i) != e.at(e.lo+i) {
			return false
		}
	}
	return true
}

// round returns d with at most n fraction digits, the nearest such number.
func (d *decimal) round(n int) decimal {
	r := *d
	cut := d.point + n
	if d.hi <= cut {
		return r
	}
	if c := d.at(cut); c < 5 || c == 5 && d.hi == cut+1 && !d.halfUp(cut, n) {
		r.hi = max(cut, r.lo)
		r.trim()
		return r
	}
	last := cut - 1
	for d.at(last) == 9 {
		last--
	}
	r.raised = true
	r.hi = last + 1
	r.lo = min(r.lo, last)
	return r
}

// halfUp decides for a number exactly half way, with its last digit at cut. x/text
// rounds the float64 nearest to the number, which is almost never half way
// itself: 0.0025 goes up, 1.0005 down. Doing the same keeps a summary equal to
// what a program prints that decoded the number to a float64.
func (d *decimal) halfUp(cut, n int) bool {
	even := d.at(cut-1)%2 == 0
	var text, rounded [40]byte
	if cut-d.lo >= 20 || n > 9 {
		return !even // beyond what a float64 tells apart
	}
	b := text[:0]
	for i := d.lo; i <= cut; i++ {
		b = append(b, '0'+d.at(i))
	}
	b = append(b, 'e', '-', '0'+byte(n+1)/10, '0'+byte(n+1)%10)
	x, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return !even
	}
	out := strconv.AppendFloat(rounded[:0], x, 'f', n, 64)
	return out[len(out)-1]-'0' != d.at(cut-1)
}

// operands returns the plural operands i, v and f of a rounded number, as TR35
// names them. MatchPlural takes a large i modulo ten million; the remainder alone
// would turn 10,000,000 into 0, which has a category of its own in Arabic and the
// one of 1 in French, so ten million is added to it again.
func (d *decimal) operands() (i, v, f int) {
	const digits, ten7 = 7, 10_000_000
	for k := max(d.lo, d.point-digits); k < d.point; k++ {
		i = i*10 + int(d.at(k))
	}
	if d.wholeDigits() > digits {
		i += ten7
	}
	v = max(d.hi-d.point, 0)
	for k := d.point; k < d.hi; k++ {
		f = f*10 + int(d.at(k))
	}
	return i, v, f
}
