package message

// Part is a stretch of what [Pattern.Append] appended: the bytes [Start, End) of
// its result. Field is the index into [Pattern.Names] of the field they come
// from, or -1 for text of the pattern.
type Part struct{ Start, End, Field int }

// Append appends the summary to dst and its parts to parts, and returns both. It
// allocates nothing beyond what they need to grow. values[i] is the value of
// Names()[i]; values that are not there are Missing. What a value prints as is
// said at [Value].
//
// The parts cover exactly what was appended, in order and without gaps. Text of
// the pattern is one part up to the next field; nothing is no part. The # of a
// plural is a part of the field that the plural counts.
//
// Append is safe for concurrent use with different dst and parts; l must not be
// nil. It cannot fail.
func (p *Pattern) Append(dst []byte, parts []Part, values []Value, l *Locale) ([]byte, []Part) {
	w := writer{dst: dst, parts: parts, first: len(parts), values: values, locale: l}
	w.write(p.nodes)
	return w.dst, w.parts
}

// writer is one call of Append.
type writer struct {
	dst    []byte
	parts  []Part
	first  int // index of the first part of this call
	values []Value
	locale *Locale
}

func (w *writer) write(nodes []node) {
	for i := range nodes {
		n := &nodes[i]
		start := len(w.dst)
		if n.op == opLiteral {
			w.dst = append(w.dst, n.literal...)
			w.part(start, -1)
			continue
		}
		var v Value
		if n.field < len(w.values) {
			v = w.values[n.field]
		}
		switch n.op {
		case opText:
			w.dst = v.appendText(w.dst)
		case opNumber:
			w.dst = w.locale.appendNumber(w.dst, v)
		case opDate:
			w.dst = v.appendDate(w.dst)
		case opPlural:
			w.write(n.plural(v, w.locale))
			continue
		case opSelect:
			w.write(n.choose(v))
			continue
		}
		w.part(start, n.field)
	}
}

// part notes the bytes from start on.
func (w *writer) part(start, field int) {
	end := len(w.dst)
	if start == end {
		return
	}
	if last := len(w.parts) - 1; field < 0 && last >= w.first && w.parts[last].Field < 0 {
		w.parts[last].End = end
		return
	}
	w.parts = append(w.parts, Part{start, end, field})
}
