package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-activity/activity/internal/jsonscan"
)

// FuzzCheck compares with what the tokens of encoding/json say of well-formed objects.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":[[1]]}`, `{"a":"\u0000"}`, `{"\ufffd":"�"}`, `{"a":"\\\\u0000\\"}`, `{"a":"\ud83d\ude00\ud83d"}`,
		`{"a":"\ud83d\\ude00"}`, `{"a":"]}\"","b":[{"c":{}}]}`, "{\"\xff\":1}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) || data[0] != '{' {
			return
		}
		const limit = 3
		want := map[error]bool{jsonscan.ErrText: !utf8.Valid(data)}
		depth, replaced := 0, 0
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		for {
			token, err := decoder.Token()
			if err != nil {
				break
			}
			switch token := token.(type) {
			case json.Delim:
				if strings.ContainsRune("[{", rune(token)) {
					depth++
				} else {
					depth--
				}
				if depth > limit {
					want[jsonscan.ErrDepth] = true
				}
			case string:
				replaced += strings.Count(token, "\ufffd")
				if strings.Contains(token, "\x00") {
					want[jsonscan.ErrNUL] = true
				}
			}
		}
		if replaced > bytes.Count(data, []byte("\ufffd")) {
			want[jsonscan.ErrText] = true
		}
		err := jsonscan.Check(data, limit)
		bad := false
		for reason, is := range want {
			bad = bad || is
			if errors.Is(err, reason) && !is {
				t.Errorf("Check(%q) = %v", data, err)
			}
		}
		if bad != (err != nil) {
			t.Errorf("Check(%q) = %v, want one of %v", data, err, want)
		}
	})
}
