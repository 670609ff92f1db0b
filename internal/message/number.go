package message

// maxWhole is the number of digits of the largest float64.
const maxWhole = 309

// appendNumber prints v as the language writes numbers, and as text what is no
// number or too long for one.
func (l *Locale) appendNumber(dst []byte, v Value) []byte {
	d, ok := v.decimal()
	if !ok || d.wholeDigits() > maxWhole {
		return v.appendText(dst)
	}
	d = d.round(l.fraction)
	affix := &l.positive
	if d.negative {
		affix = &l.negative
	}
	dst = append(dst, affix.before...)
	n := d.wholeDigits()
	if n == 0 {
		dst = append(dst, l.digits[0]...)
	}
	for left := n - 1; left >= 0; left-- {
		dst = append(dst, l.digits[d.at(d.point-1-left)]...)
		if l.separates(left, n) {
			dst = append(dst, l.group...)
		}
	}
	if d.hi > d.point {
		dst = append(dst, l.point...)
		for i := d.point; i < d.hi; i++ {
			dst = append(dst, l.digits[d.at(i)]...)
		}
	}
	return append(dst, affix.after...)
}

// separates tells whether a group separator goes before the last left of n whole
// digits.
func (l *Locale) separates(left, n int) bool {
	if l.primary == 0 || left < l.primary || n < l.grouped {
		return false
	}
	return (left-l.primary)%l.secondary == 0
}
