package activity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

func TestErrorFamilies(t *testing.T) {
	sentinels := map[string]error{
		"ErrInvalid": activity.ErrInvalid, "ErrUnknownType": activity.ErrUnknownType,
		"ErrInvalidCursor": activity.ErrInvalidCursor, "ErrVersion": activity.ErrVersion,
		"ErrNotFound": activity.ErrNotFound, "ErrKeyConflict": activity.ErrKeyConflict,
		"ErrSchema": activity.ErrSchema, "ErrClosed": activity.ErrClosed, "io.EOF": io.EOF,
	}
	for name, test := range map[string]struct {
		err error
		is  string // names of sentinels
	}{
		"ErrUnknownType":           {activity.ErrUnknownType, "ErrUnknownType ErrInvalid"},
		"ErrInvalidCursor":         {activity.ErrInvalidCursor, "ErrInvalidCursor ErrInvalid"},
		"ErrVersion":               {activity.ErrVersion, "ErrVersion"},
		"ErrNotFound":              {activity.ErrNotFound, "ErrNotFound"},
		"ErrSchema":                {activity.ErrSchema, "ErrSchema"},
		"ErrClosed":                {activity.ErrClosed, "ErrClosed"},
		"InvalidError":             {&activity.InvalidError{Field: "Key", Reason: "is bad"}, "ErrInvalid"},
		"InvalidError with cause":  {&activity.InvalidError{Field: "Key", Reason: "is bad", Err: io.EOF}, "ErrInvalid io.EOF"},
		"InvalidError of a cursor": {&activity.InvalidError{Err: activity.ErrInvalidCursor}, "ErrInvalid ErrInvalidCursor"},
		"KeyConflictError":         {&activity.KeyConflictError{Key: "k", ID: idValue}, "ErrKeyConflict"},
		"another":                  {io.ErrUnexpectedEOF, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for sentinel, target := range sentinels {
				want := slices.Contains(strings.Fields(test.is), sentinel)
				for _, err := range []error{test.err, fmt.Errorf("saving: %w", test.err)} {
					if errors.Is(err, target) != want {
						t.Errorf("errors.Is(%q, %s) = %v", err, sentinel, !want)
					}
				}
			}
			var bad *activity.InvalidError
			if got, want := errors.As(fmt.Errorf("saving: %w", test.err), &bad), strings.HasPrefix(name, "InvalidError"); got != want {
				t.Errorf("errors.As(InvalidError) = %v", got)
			}
			var conflict *activity.KeyConflictError
			if got, want := errors.As(fmt.Errorf("saving: %w", test.err), &conflict), name == "KeyConflictError"; got != want {
				t.Errorf("errors.As(KeyConflictError) = %v", got)
			}
		})
	}
}

// TestErrorMessages keeps the messages of the library in a file where they can be read together.
func TestErrorMessages(t *testing.T) {
	few := activity.Define[map[string]any]("mail.read", activity.TypeOptions{Summary: "read {n, plural, one {#} few {#} other {#}}"})
	journal := newJournal(t, noted, counting, called)
	tenant := journal.Tenant("acme")
	draft := noted.New(note{"hello"}).By(ana)
	first := record(t, journal, draft.Key("k"))

	create := func(config activity.Config) error { _, err := activity.New(memstore.New(), &config); return err }
	save := func(drafts ...activity.Draft) error { _, err := tenant.Record(t.Context(), drafts...); return err }
	read := func(query activity.Query) error { _, err := tenant.Timeline(t.Context(), query); return err }
	decode := func(e activity.Event) error { e.Type = "a.counted"; _, err := counting.Payload(e); return err }
	parse := func(id string) error { _, err := activity.ParseID(id); return err }
	find := func(id activity.ID) error { _, err := tenant.Event(t.Context(), id); return err }
	other := func() error { _, err := noted.Payload(activity.Event{Type: "a.counted"}); return err }
	nameless := func() error { _, err := journal.Tenant("").Record(t.Context(), draft); return err }
	raw := activity.Define[json.RawMessage]("a.raw", activity.TypeOptions{})

	var b strings.Builder
	for _, err := range []error{
		create(activity.Config{Locale: "garbage!!"}),
		create(activity.Config{Locale: "und"}),
		create(activity.Config{MaxPayload: -1}),
		create(activity.Config{Types: []activity.EventType{nil}}),
		create(activity.Config{Types: []activity.EventType{noted, noted}}),
		create(activity.Config{Types: []activity.EventType{few}}),
		nameless(),
		save(activity.Draft{}),
		save(noted.New(note{})),
		save(draft.By(activity.User("", "Ana"))),
		save(draft.About(deal, deal)),
		save(draft.About(activity.Entity{Kind: long(65), ID: "1"})),
		save(draft, draft.At(time.Unix(-1, 0))),
		save(few.New(map[string]any{"n": math.Inf(1)}).By(ana)),
		save(few.New(nil).By(ana)),
		save(raw.New(json.RawMessage(`{"s":"\u0000"}`)).By(ana)),
		save(activity.Define[byPointer]("a.b", activity.TypeOptions{}).New(byPointer{-1}).By(ana)),
		save(few.New(map[string]any{}).By(ana)),
		save(draft, few.New(map[string]any{}).By(ana)),
		save(draft.Key("x"), draft.Key("x").Manual()),
		save(draft.Key("k").Manual()),
		read(activity.Query{Types: []string{"Note"}}),
		read(activity.Query{Categories: []string{"x"}}),
		read(activity.Query{About: []activity.Entity{{Kind: "deal"}}}),
		read(activity.Query{From: noon, To: noon.Add(-1)}),
		read(activity.Query{Limit: 501}),
		read(activity.Query{After: "x", Before: "x"}),
		read(activity.Query{After: "x"}),
		find(idValue),
		parse("{" + idText + "}"),
		other(),
		decode(activity.Event{ID: idValue, Version: 4, Payload: []byte(`{}`)}),
		decode(activity.Event{ID: idValue, Version: 1, Erased: true}),
		decode(activity.Event{ID: idValue, Version: 1, Payload: []byte(`{"number":"x"}`)}),
		decode(activity.Event{ID: idValue, Version: 3, Payload: []byte(`{"count":"x"}`)}),
		activity.ErrSchema,
		activity.ErrClosed,
	} {
		fmt.Fprintln(&b, strings.ReplaceAll(fmt.Sprint(err), first.ID.String(), "ID"))
	}
	golden(t, "testdata/errors.golden", b.String())
}
