package message

// dateLen is the length of 2006-01-02.
const dateLen = 10

// appendDate prints a timestamp as its day, and as text what is none.
func (v *Value) appendDate(dst []byte) []byte {
	if v.Type != String || !isTimestamp(v.Text) {
		return v.appendText(dst)
	}
	return append(dst, v.Text[:dateLen]...)
}

// isTimestamp tells whether b is a date or a date-time of RFC 3339 section 5.6.
// It reads the digits itself: time.Parse wants a string and allocates for what
// it refuses. A leap second is accepted in any minute.
func isTimestamp(b []byte) bool {
	if len(b) < dateLen || !matches(b[:dateLen], "0000-00-00") {
		return false
	}
	year, month, day := two(b)*100+two(b[2:]), two(b[5:]), two(b[8:])
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return false
	}
	if b = b[dateLen:]; len(b) == 0 {
		return true
	}
	if b[0] != 'T' && b[0] != 't' {
		return false
	}
	const clock = "00:00:00"
	if b = b[1:]; len(b) < len(clock) || !matches(b[:len(clock)], clock) {
		return false
	}
	if two(b) > 23 || two(b[3:]) > 59 || two(b[6:]) > 60 {
		return false
	}
	b = b[len(clock):]
	if len(b) > 0 && b[0] == '.' {
		n := countDigits(b[1:])
		if n == 0 {
			return false
		}
		b = b[1+n:]
	}
	switch {
	case len(b) == 1:
		return b[0] == 'Z' || b[0] == 'z'
	case matches(b, "+00:00"), matches(b, "-00:00"):
		return two(b[1:]) <= 23 && two(b[4:]) <= 59
	}
	return false
}

// matches tells whether b has the shape of layout, in which 0 is any digit.
func matches(b []byte, layout string) bool {
	if len(b) != len(layout) {
		return false
	}
	for i, c := range b {
		if layout[i] == '0' && (c < '0' || c > '9') || layout[i] != '0' && c != layout[i] {
			return false
		}
	}
	return true
}

// two returns the number of the first two digits.
func two(b []byte) int { return int(b[0]-'0')*10 + int(b[1]-'0') }

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
