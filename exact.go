package activity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// decodeExact decodes JSON that can be read in one way only. encoding/json takes a name in any case, the last of several, and
// leaves out what it does not know, and other programs do otherwise: what it checked would not be what they show.
func decodeExact(data []byte, into any) error {
	if err := checkNames(data); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("something follows the JSON")
	}
	return nil
}

// mostNames is more than the members of any object that is decoded exactly.
const mostNames = 32

// checkNames checks that the names of each object are in lower case, and there once.
func checkNames(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	type object struct {
		names []string
		name  bool // what comes next is one
	}
	var open []*object // nil for a list
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var in *object
		if len(open) > 0 {
			in = open[len(open)-1]
		}
		delim, _ := token.(json.Delim)
		if name, ok := token.(string); ok && in != nil && in.name {
			if bytes.ContainsFunc([]byte(name), func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) || len(in.names) == mostNames || slices.Contains(in.names, name) {
				return fmt.Errorf("JSON has a member %.40q that is not known, or there twice", name)
			}
			in.names, in.name = append(in.names, name), false
			continue
		}
		switch delim {
		case '{':
			open = append(open, &object{name: true})
			continue
		case '[':
			open = append(open, nil)
			continue
		case '}', ']':
			open = open[:len(open)-1]
		}
		if len(open) > 0 && open[len(open)-1] != nil {
			open[len(open)-1].name = true // after a value
		}
	}
}
