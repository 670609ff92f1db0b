package message_test

import (
	"fmt"

	"golang.org/x/text/language"

	"github.com/go-activity/activity/internal/message"
)

func Example() {
	summary, err := message.Parse("{actor} read {count, plural, =0 {no email} one {# email} other {# emails}} of {size, number} bytes")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(summary.Names())

	values := []message.Value{
		{Type: message.String, Text: []byte("Ada\nLovelace")},
		{Type: message.Number, Text: []byte("1")},
		{Type: message.Number, Text: []byte("1234567.5")},
	}
	for _, tag := range []language.Tag{language.English, language.German} {
		line, parts := summary.Append(nil, nil, values, message.NewLocale(tag))
		fmt.Printf("%s (%d parts)\n", line, len(parts))
	}
	// Output:
	// [actor count size]
	// Ada Lovelace read 1 email of 1,234,567.5 bytes (6 parts)
	// Ada Lovelace read 1 email of 1.234.567,5 bytes (6 parts)
}

func ExamplePattern_Check() {
	summary, err := message.Parse("{n, plural, one {# file} few {# files} other {# files}}")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(summary.Check(message.NewLocale(language.Polish)))
	fmt.Println(summary.Check(message.NewLocale(language.English)))
	// Output:
	// <nil>
	// message: byte 25, at "few {# files} other {# f…": language en never uses the plural category "few"
}
