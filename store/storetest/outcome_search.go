package storetest

import (
	"github.com/go-activity/activity"
)

// searched stores outcomes of a task and returns a function that checks what a search of them finds.
func searched(s subject, rows ...activity.OutcomeRow) func(text string, want ...int) {
	s.Helper()
	run := newTask(1)
	s.stores(run)
	for i := range rows {
		rows[i].Task, rows[i].Seq = run.ID, int64(i+1)
	}
	s.report(rows...)
	return func(text string, want ...int) {
		s.Helper()
		var found []activity.OutcomeRow
		for _, i := range want {
			found = append(found, rows[i])
		}
		s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Search: text}, found...)
	}
}

// texts returns outcomes without records that have the messages.
func texts(messages ...string) []activity.OutcomeRow {
	var rows []activity.OutcomeRow
	for _, text := range messages {
		rows = append(rows, newOutcome(activity.ID{}, 0, noRecord, message(text), withValues(nil, nil, nil)))
	}
	return rows
}

func checkSearch(s subject) {
	row := func(e activity.Entity, changes ...outcomeChange) activity.OutcomeRow {
		return newOutcome(activity.ID{}, 0, append([]outcomeChange{ofRecord(e)}, changes...)...)
	}
	search := searched(s, append(
		texts("", "100% of it", "100 of it", "a_b", "axb", `a\b`, "two\nlines", "it's \"so\"", "*?[a]"), // 0 to 8
		row(activity.Entity{Kind: "contact", ID: "id-7", Label: "Ada Lovelace"}),                        // 9
		row(activity.Entity{Kind: "contact", ID: "8"}, message("like id-7, but no Love")),               // 10
		row(activity.Entity{Kind: "ada", ID: "9", Label: "Grace"}, ofKind("love"), func(r *activity.OutcomeRow) { // 11
			r.Link, r.Row = "https://love.example/id-7", 777
			r.Before, r.After, r.Extra = []byte(`{"love":"id-7"}`), []byte(`{"love":"id-7"}`), []byte(`{"love":"id-7"}`)
		}),
	)...)
	search("love", 9, 10)
	search("LOVE", 9, 10)
	search("ID-7", 9, 10)
	search("ada", 9)
	search("a l", 9)
	search("7Ada") // not across two texts
	search("grace", 11)
	search("777")
	search("%", 1)
	search("100%", 1)
	search("0 of", 2)
	search("_", 3)
	search("A_B", 3)
	search("a\\b", 5)
	search("\\", 5)
	search("o\nl", 6)
	search("o\\nl")
	search("'", 7)
	search("\"so\"", 7)
	search("*", 8)
	search("?[A]", 8)
	search("", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
}

// Letters are compared the way Fold does, whatever the database thinks of them.
func checkSearchLetters(s subject) {
	search := searched(s, texts(
		"CAFÉ",        // 0
		"café",        // 1
		"cafe",        // 2
		"cafe\u0301",  // 3: e and an accent of its own
		"Straße",      // 4
		"STRASSE",     // 5
		"ΟΔΟΣ",        // 6
		"οδος",        // 7: with a final sigma
		"ЖУК",         // 8
		"İzmir",       // 9: Fold takes the dot away
		"izmir",       // 10
		"20 \u212A",   // 11: the Kelvin sign
		"20 k",        // 12
		"ǅ",           // 13: one letter, in title case
		"日本",          // 14
		"😀 ok",        // 15
		"ﬁle",         // 16: a ligature
		"\u00a0fixed", // 17
	)...)
	search("café", 0, 1)
	search("CAFÉ", 0, 1)
	search("cafe", 2, 3)
	search("É", 0, 1)
	search("cafe\u0301", 3)
	search("ss", 5)
	search("STRAßE", 4)
	search("οδοσ", 6)
	search("ΟΔΟς", 7)
	search("жук", 8)
	search("Жук", 8)
	search("i", 9, 10, 17)
	search("İ", 9, 10, 17)
	search("ızmir")
	search("IZMIR", 9, 10)
	search("20 K", 11, 12)
	search("\u212A", 11, 12, 15)
	search("ǆ", 13)
	search("本", 14)
	search("😀", 15)
	search("FILE")
	search(" f")
	search("\u00a0F", 17)
}
