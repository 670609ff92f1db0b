package activity

import (
	"strconv"
	"strings"
)

// Limits of a task. Longer input is an [InvalidError].
const (
	MaxAttributes = 32       // attributes of one task
	MaxReason     = 2048     // bytes of a reason; longer ones are cut
	MaxDetail     = 16 << 10 // bytes of an error's detail; longer ones are cut
)

func checkAttributes(field string, attributes map[string]string) error {
	if len(attributes) > MaxAttributes {
		return invalidf(field, "has more than %d attributes", MaxAttributes)
	}
	for name, value := range attributes {
		if err := checkText(field+" name", name, MaxEntityKind); err != nil {
			return err
		}
		if value != "" {
			if err := checkText(field+"["+strconv.Quote(name)+"]", value, MaxText); err != nil {
				return err
			}
		}
	}
	return nil
}

// grouped writes a number with its thousands separated by commas.
func grouped(n int) string {
	text := strconv.Itoa(n)
	var b strings.Builder
	for i, c := range text {
		if i > 0 && (len(text)-i)%3 == 0 && text[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}
