// Package message writes one-line summaries from patterns in a subset of ICU
// MessageFormat. A summary is a function of pattern, values and [Locale] alone:
// no clock, no locale of the machine, no order of a map.
//
// # Syntax
//
//	{name}                                        the value as text
//	{name, number}                                a number as the language writes it
//	{name, date}                                  the day of a timestamp, as 2006-01-02
//	{name, plural, =0 {none} one {# email} other {# emails}}
//	{name, select, won {Won} lost {Lost} other {Closed}}
//
// A name starts with a letter or "_" and goes on with letters, combining marks,
// digits, "_", "-" and "."; it is one key, a "." does not reach into an object.
// The selectors of a select are made of the same characters, in any order. White
// space may stand around names, commas and selectors. Arms nest.
//
// Every plural and select has an arm "other". The selectors of a plural are the
// CLDR categories zero, one, two, few, many and other, and =N for one exact
// number, which wins over a category; N is a decimal such as 0, -1 or 2.5.
// Inside the arms of a plural "#" is the number it chose by, written as
// {name, number} would. It belongs to the innermost plural around it, also from
// within a select, where ICU prints "#" itself.
//
// Apostrophes follow ICU's mode DOUBLE_OPTIONAL: two of them are one; one
// before "{", "}" or, inside a plural, "#" quotes everything up to the next one
// or the end of the pattern; any other is itself.
//
// What else ICU knows (offset, selectordinal, styles, skeletons, other formats)
// is a [SyntaxError] rather than text or a guess. So is a "}" that closes nothing,
// which ICU lets stand. In names "-" and "." go beyond ICU, for the sake of names
// as JSON has them.
//
// # Limits
//
// A pattern has at most 4096 bytes of valid UTF-8 and 16 levels of arms. A value
// printed as text is one line of at most 200 characters. A number of more than
// 1024 bytes, or 309 digits before the decimal sign, which is what the largest
// float64 has, is printed as text.
//
// # Languages
//
// Plural categories and number symbols are those of golang.org/x/text. Its
// release 0.41 carries CLDR 32, in which Spanish, French, Italian and Portuguese
// do not have the category "many" yet.
//
// # Sources
//
// ICU User Guide, "Formatting Messages"; the ICU API documentation of
// MessagePattern.ApostropheMode; Unicode TR35 part 3, "Language Plural Rules"
// and "Number Patterns"; RFC 3339 for dates; RFC 8259 section 6 for the text of
// numbers.
package message
