package storetest

import (
	"strings"
	"testing"

	"github.com/go-activity/activity"
)

// useDefects are for the cases that are about no single rule, where those of the rules do not fit.
func useDefects() []defect {
	return []defect{
		{"trims the IDs of entities", "texts of entities", with(broken{append: changing(func(row *activity.EventRow) {
			for i := range row.About {
				row.About[i].ID = strings.TrimSpace(row.About[i].ID)
			}
		})})},
		{"drops labels", "labels", with(broken{append: changing(func(row *activity.EventRow) { row.Actor.Label = "" })})},
		{"drops payloads over 32 KiB", "large payloads", with(broken{append: changing(func(row *activity.EventRow) {
			if len(row.Payload) > 32<<10 {
				row.Payload = []byte("{}")
			}
		})})},
		{"trims the titles of tasks", "texts of tasks", with(addingTask(func(t *activity.Task) { t.Title = strings.TrimSpace(t.Title) }))},
		{"cuts texts", "texts", with(broken{append: changing(func(row *activity.EventRow) {
			row.Key = row.Key[:min(len(row.Key), activity.MaxText-1)]
		})})},
	}
}

// foundInUse tells which defect of a rule each of the other cases must find.
var foundInUse = map[string]string{
	"A1 list of operations":       "ignores Descending",
	"A2 two tabs":                 "looks for the first kind only",
	"A7 rolling indicator":        "forgets the labels of actors",
	"A8 limits":                   "admits by the first key only",
	"A9 waiting for a limit":      "gives back a moment late",
	"E6 exact quotas":             "gives back what was used",
	"A10 import report":           "ignores the kinds of outcomes",
	"A11 export report":           "ignores the kinds of outcomes",
	"A12 affected records":        "tells upper from lower case",
	"A14 conflicting work":        "gives two tasks with one key",
	"A15 questions":               "ignores Entities",
	"B1 run id":                   "ignores records",
	"B4 previews":                 "shows previews always",
	"B5 recipe that is cancelled": "ignores Statuses",
	"B7 undo":                     "ignores the direction of outcomes",
	"B8 filters and columns":      "ignores the From of tasks",
	"texts of keys and tenants":   "trims keys",
	"large batch":                 "stores no more than a hundred rows",
	"record and read":             "keeps milliseconds",
	"actor of the context":        "ignores Actor",
	"several tenants":             "ignores the tenant in Feed",
	"transaction of the host":     "keeps writes on an error",
	"closed":                      "works after Close",
	"cancelled":                   "ignores the context in Feed",
	"payloads":                    "forgets Payload",
	"times":                       "keeps milliseconds",
	"drafts":                      "returns an error for nothing",
	"queries":                     "looks for a hundred types",
	"key with the same":           "compares labels",
	"key with something else":     "ignores a conflict",
	"key twice in a call":         "returns the row of a used key",
	"keys in a batch":             "returns known events first",
	"key from many goroutines":    "returns an error to the second with a key",
	"types and categories":        "looks for the first type only",
	"From and To":                 "includes the event at Max",
	"pages forward and back":      "orders by the time only",
	"empty pages":                 "returns an error for nothing",
	"stream":                      "includes the event at Max",
	"damaged cursors":             "includes the event at Max",
	"cursors of another query":    "includes the event at Max",
	"newest first":                "includes the event at Max",
	"page by page":                "includes the event at Max",
	"back from the end":           "ignores Oldest",
	"store":                       "ignores Min beside Max",
	"journal":                     "ignores Source",
	"tasks":                       "ignores words beside attributes",
	"quotas":                      "gives back twice",
	"ledger":                      "erases for all tenants",
	"timelines":                   "finds children only",
	"A4 filters":                  "ignores the From of tasks",
	"A5 search":                   "takes Named of tasks for more of Entities",
	"C1 typed events":             "ignores Types",
	"C2 who, about whom and when": "keeps milliseconds",
	"C5 by hand or automatic":     "ignores Source",
	"C6 summaries":                "forgets Payload",
	"C7 tabs of an account":       "finds no descendants",
	"C8 one event in full":        "keeps milliseconds",
	"C9 business only":            "ignores Types",
	"D1 contact history":          "finds erased events by whom they were about",
	"D3 comments":                 "finds the actor's events by About",
	"E8 languages":                "forgets Payload",
	"E9 merged accounts":          "finds only what is merged into it",
	"E13 what is new":             "ignores Back",
	"E13 grouping":                "includes the event at Max",
}

func TestEveryUseFindsADefect(t *testing.T) {
	byName, byCase := map[string]defect{}, map[string]defect{}
	for _, d := range defects() {
		byName[d.name] = d
	}
	for name, defect := range foundInUse {
		byCase[name] = byName[defect]
	}
	for _, d := range append(useDefects(), promiseDefects()...) {
		byCase[d.found] = d
	}
	for _, group := range groups() {
		if group.name == "rules" {
			continue
		}
		for _, c := range group.cases {
			t.Run(c.name, func(t *testing.T) {
				d := byCase[c.name]
				if d.store == nil {
					t.Fatalf("no defect shows that the case %q can fail", c.name)
				}
				if len(record(t, c, d.store())) == 0 {
					t.Errorf("a store that %s passes the case %q", d.name, c.name)
				}
			})
		}
	}
}
