package storetest

import (
	"fmt"
	"strings"

	"github.com/go-activity/activity"
)

// contentCases store what is rare, but valid.
var contentCases = []testCase{
	{name: "texts of entities", check: checkEntityTexts},
	{name: "texts of keys and tenants", check: checkOtherTexts},
	{name: "labels", check: checkLabels},
	{name: "texts of tasks", check: checkTaskTexts},
	{name: "large payloads", check: checkLargePayloads},
	{name: "large batch", check: checkLargeBatch},
}

// unusual are texts that a store could take for something else, or for one another.
var unusual = []string{
	"'", `"`, `\`, `\\`, `''`, `"; DROP TABLE activity_event; --`, `{`, `}`, `{}`, `{"a","b"}`, `{NULL}`, `[1]`, `(a,b)`,
	",", ",,", "%", "_", "%s", "?", "?0", "$1", ":a", "@a", "\n", "\r\n", "\t", " ", "  ", " a", "a ", "a", "A", "a\u0301", "á",
	"ß", "ss", "ı", "İ", "i", "I", "😀", "👩‍👩‍👧", "שלום", "\u202eabc", "\u200b", "\ufeff", "\u2028", "\ufffd", "\U0010ffff", "\x01", "\x7f",
	"NULL", "null", "nil", "0", "00", "-0", "1e0", "true", "\\x41", "\\u0041", "deal:1", "deal/1", "1", "deal", "user", "a.b", "tenant",
	strings.Repeat("x", 255), strings.Repeat("x", 254) + "y", strings.Repeat("😀", 63), strings.Repeat("\\", 255),
}

func checkEntityTexts(s subject) {
	var rows []activity.EventRow
	for n, text := range unusual {
		kind := text[:min(len(text), 8)]
		if strings.ToValidUTF8(kind, "") != kind || len(text) > 64 {
			kind = "thing"
		}
		// The second entity has the same two texts the other way round.
		rows = append(rows, newRow(n,
			about(activity.Entity{Kind: "thing", ID: text, Label: text}, activity.Entity{Kind: kind + "'", ID: "thing"}),
			by(activity.Entity{Kind: "actor", ID: text, Label: text})))
	}
	s.append(rows...)
	s.holds(acme, rows...)
	for n, text := range unusual {
		s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{{Kind: "thing", ID: text}}}, rows[n])
		s.finds(activity.EventQuery{Tenant: acme, Actor: activity.Entity{Kind: "actor", ID: text}}, rows[n])
		s.finds(activity.EventQuery{Tenant: acme, Actor: activity.Entity{Kind: "thing", ID: text}})
	}
	var all []activity.Entity
	for _, text := range unusual {
		all = append(all, activity.Entity{Kind: "thing", ID: text})
	}
	s.finds(activity.EventQuery{Tenant: acme, About: all}, rows...)
}

func checkOtherTexts(s subject) {
	var keyed []activity.EventRow
	for n, text := range unusual {
		keyed = append(keyed, newRow(n, key(text)))
	}
	s.append(keyed...)
	s.holds(acme, keyed...)
	for i, row := range keyed {
		if event := s.append(again(row, 1000+i))[0]; event.ID != row.ID {
			s.Errorf("AppendEvents of the key %q again returned another event, with the key %q", row.Key, event.Key)
		}
	}
	var tenants []activity.EventRow
	for n, text := range unusual {
		if len(text) <= activity.MaxTenant {
			tenants = append(tenants, newRow(2000+n, of(text)))
		}
	}
	for _, row := range tenants {
		s.append(row)
	}
	for _, row := range tenants {
		s.holds(row.Tenant, row)
	}
}

func checkLabels(s subject) {
	var rows []activity.EventRow
	for n, label := range append(unusual, "") {
		one, two := deal, ana
		one.Label, two.Label = label, label
		rows = append(rows, newRow(n, about(one, call), by(two)))
	}
	s.append(rows...)
	s.holds(acme, rows...)
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{{Kind: "deal", ID: "1", Label: "whatever"}}, Actor: ana}, rows...)
}

func checkTaskTexts(s subject) {
	var tasks []activity.Task
	for n, text := range unusual {
		name := "name"
		if len(text) <= activity.MaxEntityKind {
			name = text
		}
		tasks = append(tasks, newTask(n, titled(text), taskKey(text), attributes(map[string]string{name: text, "other": name}),
			runFor(activity.Entity{Kind: "user", ID: text, Label: text}), taskAbout(activity.Entity{Kind: "thing", ID: text, Label: text}),
			func(t *activity.Task) {
				t.Exclusive, t.Reason, t.Detail, t.EndedBy = text, text, text, activity.Entity{Kind: "user", ID: text}
				t.Fields, t.Extras = []string{text, "x"}, []string{text}
			}))
	}
	s.addTasks(tasks...)
	s.holdsTasks(acme, tasks...)
	for _, task := range tasks {
		s.findsTasks(activity.TaskFilter{Tenant: acme, Attributes: task.Attributes}, task)
		s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: task.About}, task)
	}
	for _, text := range unusual {
		filter := activity.TaskFilter{Tenant: acme, Words: activity.Words(text)}
		var want []activity.Task
		for _, task := range tasks {
			if filter.Match(&task) {
				want = append(want, task)
			}
		}
		s.findsTasks(filter, want...)
	}
}

func checkLargePayloads(s subject) {
	frame := len(`{"s":""}`)
	var rows []activity.EventRow
	for n, unit := range []string{"x", `\"`, `\u00e9`, "é", "😀", `\\`, " "} {
		text := strings.Repeat(unit, (activity.MaxPayload-frame)/len(unit))
		rows = append(rows, newRow(n, payload(`{"s":"`+text+`"}`)))
	}
	spaces := "{" + strings.Repeat(" ", activity.MaxPayload-2) + "}"
	deep := `{"a":` + strings.Repeat("[", activity.MaxDepth-1) + strings.Repeat("]", activity.MaxDepth-1) + "}"
	rows = append(rows, newRow(20, payload(spaces)), newRow(21, payload(deep)))
	s.append(rows...)
	s.holds(acme, rows...)
}

// checkLargeBatch stores as many entities in one call as no statement of a database takes parameters
// for.
func checkLargeBatch(s subject) {
	const count = 2500
	contact := func(n int) activity.Entity {
		return activity.Entity{Kind: "contact", ID: fmt.Sprint(n), Label: fmt.Sprint("Contact ", n)}
	}
	rows := make([]activity.EventRow, count)
	for n := range rows {
		entities := []activity.Entity{deal}
		for i := range activity.MaxAbout - 1 {
			entities = append(entities, contact((n+i*i)%200))
		}
		changes := []change{about(entities...)}
		if n%2 == 0 {
			changes = append(changes, key(fmt.Sprint("k", n)))
		}
		rows[n] = newRow(n, changes...)
	}
	for i, event := range s.append(rows...) {
		if d := diff(rows[i].Event, event); d != "" {
			s.Fatalf("event %d of %d: %s", i+1, count, d)
		}
	}
	s.finds(activity.EventQuery{Tenant: acme}, rows...)
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal}, Oldest: true}, rows...)
	for _, n := range []int{0, 99, 199} {
		var want []activity.EventRow
		for _, row := range rows {
			for _, e := range row.About {
				if e.Is(contact(n)) {
					want = append(want, row)
					break
				}
			}
		}
		s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{contact(n)}}, want...)
	}
	// The whole batch again, in which half of the keys are known.
	repeats := make([]activity.EventRow, 0, count/2)
	for n := 0; n < count; n += 2 {
		repeats = append(repeats, again(rows[n], count+n))
	}
	for i, event := range s.append(repeats...) {
		if event.ID != rows[2*i].ID {
			s.Fatalf("event %d of a large batch of known keys is another one", i+1)
		}
	}
	s.finds(activity.EventQuery{Tenant: acme}, rows...)
}
