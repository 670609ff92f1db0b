package message_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	xmessage "golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/go-activity/activity/internal/message"
)

// someLanguages are those whose numbers differ most, and the common ones. The
// test adds every language that x/text has a name for.
var someLanguages = []string{
	"und", "en", "en-US", "en-GB", "en-IN", "en-ZA", "en-US-u-va-posix", "es", "es-MX", "es-ES", "de", "de-AT", "de-CH",
	"fr", "fr-CH", "fr-CA", "hi", "hi-u-nu-deva", "bn", "bn-IN", "ar", "ar-EG", "ar-LY", "ar-u-nu-latn", "fa", "fa-AF",
	"pl", "pt", "pt-PT", "sv", "ja", "ja-u-nu-hanidec", "zh", "zh-u-nu-hans", "ta", "my", "ckb", "ks", "lrc", "ur", "he",
	"he-u-nu-hebr", "th-u-nu-thai", "mr", "ne", "dz", "ccp", "gsw", "wae", "eu", "eo", "ast", "cy", "ru", "uk", "cs", "sl",
	"en-u-nu-adlm", "en-u-rg-dezzzz", "tr", "vi", "ko", "it", "it-CH", "nl", "nb", "da", "fi", "hu", "ro", "id", "sw", "am", "x-private",
}

func TestNumberEqualsText(t *testing.T) {
	tags := display.Supported.Tags()
	for _, s := range someLanguages {
		tags = append(tags, language.Make(s))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	p := parse(t, "{n, number}")
	for _, tag := range tags {
		l := message.NewLocale(tag)
		printer := xmessage.NewPrinter(tag)
		check := func(text string, x any) {
			t.Helper()
			want := printer.Sprint(number.Decimal(x))
			if got := format(t, p, l, num(text)); got != want {
				t.Errorf("%s: %s is %q, want %q", tag, text, got, want)
			}
		}
		integer := func(i int64) { check(strconv.FormatInt(i, 10), i) }
		float := func(x float64) {
			// The shortest text that stands for a large float64 has fewer digits than
			// are printed. x/text prints those the float64 equals, so that is the
			// text to compare with.
			if math.Abs(x) >= 1<<33 {
				check(strconv.FormatFloat(x, 'f', 24, 64), x)
				return
			}
			check(strconv.FormatFloat(x, 'f', -1, 64), x)
			check(strconv.FormatFloat(x, 'e', -1, 64), x)
			check(strconv.FormatFloat(x, 'E', -1, 64), x)
		}
		for _, i := range []int64{0, -1, math.MaxInt64, math.MinInt64} {
			integer(i)
		}
		for i := int64(1); i < 1e18; i *= 10 {
			integer(i)
			integer(-i)
			integer(i - 1)
			integer(2*i + i/10*3)
		}
		for _, x := range []float64{0, 0.5, -0.5, 0.001, 0.0004, -0.0004, 0.0005, -0.0005, 0.0006, 0.0015, 0.0025, 0.9994, 0.9995,
			0.99951, 0.9999, 1.0005, 999.9995, 999.9996, -999999.99999, 1e15, 1e21, 1e22, 1e23, math.MaxFloat64, -math.MaxFloat64,
			math.SmallestNonzeroFloat64, 1.5e-7, 1234567.125, 99.9999995, 0.0000005} {
			float(x)
		}
		for range 40 {
			integer(rnd.Int64() >> rnd.IntN(63))
			integer(-(rnd.Int64() >> rnd.IntN(63)))
			float(rnd.NormFloat64() * math.Pow10(rnd.IntN(12)-4))
			float((rnd.Float64() - 0.5) * math.Pow10(rnd.IntN(600)-300))
			// Half way between two numbers of three digits.
			float(float64(rnd.Int64N(1e12)*10+5) / 1e4)
			float(-float64(rnd.Int64N(1e6)*10+5) / 1e4)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value message.Value
		want  string
	}{
		{"integer", num("1234567"), "1,234,567"},
		{"exact beyond float64", num("9007199254740993.1234"), "9,007,199,254,740,993.123"},
		{"trailing zeros", num("3.50"), "3.5"},
		{"whole with zeros", num("-12.000"), "-12"},
		{"leading zeros", num("007"), "7"},
		{"minus zero", num("-0.0"), "0"},
		{"rounds up", num("1.9996"), "2"},
		{"rounds up every digit", num("999.99951"), "1,000"},
		{"just above half", num("2.00050000000000000000000000000000000001"), "2.001"},
		{"half beyond float64", num("123456789012345678901234.0005"), "123,456,789,012,345,678,901,234"},
		{"odd half beyond float64", num("123456789012345678901234.0015"), "123,456,789,012,345,678,901,234.002"},
		{"exponent", num("1e21"), "1,000,000,000,000,000,000,000"},
		{"exponent with sign", num("12.5E+2"), "1,250"},
		{"negative exponent", num("15e-1"), "1.5"},
		{"tiny", num("1.5E-7"), "0"},
		{"huge zero", num("0e99999999999999999999"), "0"},
		{"tiny exponent", num("1e-99999999999999999999"), "0"},
		{"too large", num("1e309"), "1e309"},
		{"far too large", num("-1E99999999999999999999"), "-1E99999999999999999999"},
		{"longest", num("1." + strings.Repeat("0", 1021) + "9"), "1"},
		{"too long", num("1." + strings.Repeat("0", 1022) + "9"), "1." + strings.Repeat("0", 197) + "…"},
		{"missing", message.Value{}, "0"},
		{"string", str("1234\n5"), "1234 5"},
		{"bool", boolean("false"), "false"},
		{"object", other, "…"},
		{"unknown type", message.Value{Type: 99}, "…"},
		{"plus", num("+1"), "+1"},
		{"no digits after the point", num("1."), "1."},
		{"no digits before the point", num(".5"), ".5"},
		{"no exponent digits", num("1e"), "1e"},
		{"signed nothing", num("-"), "-"},
		{"two points", num("1.2.3"), "1.2.3"},
		{"not a number", num("NaN"), "NaN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sprint(t, "{n, number}", tt.value); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
