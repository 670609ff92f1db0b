package storetest

import (
	"context"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

func outcomeFilterDefects() []defect {
	type filter = activity.OutcomeFilter
	type row = activity.OutcomeRow
	return []defect{
		{"ignores the task of outcomes", "OutcomeFilter.Task", with(listing(func(f *filter) { f.Task = activity.ID{} }))},
		{"ignores the kinds of outcomes", "OutcomeFilter.Kinds", with(listing(func(f *filter) { f.Kinds = nil }))},
		{"looks for the first kind of outcome only", "OutcomeFilter.Kinds", with(listing(func(f *filter) { f.Kinds = f.Kinds[:min(1, len(f.Kinds))] }))},
		{"looks for kinds of outcomes that begin so", "OutcomeFilter.Kinds", with(matching(func(f *filter) { f.Kinds = nil }, func(f filter, r row) bool {
			return len(f.Kinds) == 0 || slices.ContainsFunc(f.Kinds, func(name string) bool { return strings.HasPrefix(r.Kind, name) })
		}))},
		{"looks for a hundred kinds of outcomes", "OutcomeFilter.Kinds, long", with(listing(func(f *filter) { f.Kinds = f.Kinds[:min(100, len(f.Kinds))] }))},
		{"ignores records", "OutcomeFilter.Records", with(listing(func(f *filter) { f.Records = nil }))},
		{"compares labels of records", "OutcomeFilter.Records", with(matching(func(f *filter) { f.Records = nil }, func(f filter, r row) bool {
			return len(f.Records) == 0 || slices.Contains(f.Records, r.Record)
		}))},
		{"compares IDs of records only", "OutcomeFilter.Records", with(matching(func(f *filter) { f.Records = nil }, func(f filter, r row) bool {
			return len(f.Records) == 0 || slices.ContainsFunc(f.Records, func(e activity.Entity) bool { return e.ID == r.Record.ID })
		}))},
		{"joins kind and ID of records", "OutcomeFilter.Records", with(matching(func(f *filter) { f.Records = nil }, func(f filter, r row) bool {
			return len(f.Records) == 0 || slices.ContainsFunc(f.Records, func(e activity.Entity) bool { return e.Kind+e.ID == r.Record.Kind+r.Record.ID })
		}))},
		{"looks for a hundred records", "OutcomeFilter.Records, long", with(listing(func(f *filter) { f.Records = f.Records[:min(100, len(f.Records))] }))},
		{"ignores rows", "OutcomeFilter.Rows", with(listing(func(f *filter) { f.Rows = nil }))},
		{"finds rows with a record", "OutcomeFilter.Rows", with(matching(func(f *filter) { f.Rows = nil }, func(f filter, r row) bool {
			return len(f.Rows) == 0 || slices.Contains(f.Rows, r.Row)
		}))},
		{"finds rows of all tasks", "OutcomeFilter.Rows", with(listing(func(f *filter) {
			if len(f.Rows) > 0 {
				f.Task = activity.ID{}
			}
		}))},
		{"looks for a hundred rows", "OutcomeFilter.Rows, long", with(listing(func(f *filter) { f.Rows = f.Rows[:min(100, len(f.Rows))] }))},
		{"ignores the search", "OutcomeFilter.Search", with(listing(func(f *filter) { f.Search = "" }))},
		{"searches messages only", "OutcomeFilter.Search", with(searching(func(r row) []string { return []string{r.Message} }, activity.Fold))},
		{"searches no labels", "OutcomeFilter.Search", with(searching(func(r row) []string { return []string{r.Message, r.Record.ID} }, activity.Fold))},
		{"searches links", "OutcomeFilter.Search", with(searching(func(r row) []string {
			return []string{r.Message, r.Record.ID, r.Record.Label, r.Link}
		}, activity.Fold))},
		{"searches kinds", "OutcomeFilter.Search", with(searching(func(r row) []string {
			return []string{r.Message, r.Record.ID, r.Record.Label, r.Kind}
		}, activity.Fold))},
		{"searches kinds of records", "OutcomeFilter.Search", with(searching(func(r row) []string {
			return []string{r.Message, r.Record.ID, r.Record.Label, r.Record.Kind}
		}, activity.Fold))},
		{"searches values", "OutcomeFilter.Search", with(searching(func(r row) []string {
			return []string{r.Message, r.Record.ID, r.Record.Label, string(r.Before), string(r.After), string(r.Extra)}
		}, activity.Fold))},
		{"searches across texts", "OutcomeFilter.Search", with(searching(func(r row) []string { return []string{r.Message + r.Record.ID + r.Record.Label} }, activity.Fold))},
		{"takes % for anything", "OutcomeFilter.Search", with(searching(searchable, func(text string) string { return strings.ReplaceAll(activity.Fold(text), "%", "") }))},
		{"takes _ for any letter", "OutcomeFilter.Search", with(searching(searchable, func(text string) string {
			return strings.NewReplacer("_", "?", "x", "?").Replace(activity.Fold(text))
		}))},
		{"ignores backslashes", "OutcomeFilter.Search", with(searching(searchable, func(text string) string { return strings.ReplaceAll(activity.Fold(text), `\`, "") }))},
		{"tells upper from lower case", "OutcomeFilter.Search", with(searching(searchable, func(text string) string { return text }))},
		{"folds ASCII only", "OutcomeFilter.Search, letters", with(searching(searchable, foldASCII))},
		{"compares in upper case", "OutcomeFilter.Search, letters", with(searching(searchable, strings.ToUpper))},
		{"ignores accents", "OutcomeFilter.Search, letters", with(searching(searchable, func(text string) string {
			return strings.NewReplacer("é", "e", "\u0301", "").Replace(activity.Fold(text))
		}))},
		{"ignores the place in outcomes", "OutcomeFilter.After", with(listing(func(f *filter) { f.After = nil }))},
		{"includes the outcome at the place", "OutcomeFilter.After", with(listing(func(f *filter) {
			if f.After != nil && f.Descending {
				f.After = &activity.OutcomePlace{Task: f.After.Task, Seq: f.After.Seq + 1}
			} else if f.After != nil {
				f.After = &activity.OutcomePlace{Task: f.After.Task, Seq: f.After.Seq - 1}
			}
		}))},
		{"compares numbers of places only", "OutcomeFilter.After", with(matching(func(f *filter) { f.After = nil }, func(f filter, r row) bool {
			return f.After == nil || !f.Descending && r.Seq > f.After.Seq || f.Descending && r.Seq < f.After.Seq
		}))},
		{"ignores the direction of outcomes", "OutcomeFilter.Descending", with(listing(func(f *filter) { f.Descending = false }))},
		{"takes the first outcomes and turns them around", "OutcomeFilter.Descending", with(broken{outcomes: turnsOutcomes})},
		{"takes a limit of 1 outcome for none", "OutcomeFilter.Limit", with(listing(func(f *filter) {
			if f.Limit == 1 {
				f.Limit = activity.DefaultLimit
			}
		}))},
	}
}

// matching is a store that has another condition in the place of some of a filter, which widen takes
// away.
func matching(widen func(f *activity.OutcomeFilter), match func(f activity.OutcomeFilter, r activity.OutcomeRow) bool) broken {
	return broken{outcomes: func(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
		wide := filter
		wide.Limit = 1 << 30
		widen(&wide)
		rows, err := in.Outcomes(ctx, wide)
		rows = slices.DeleteFunc(rows, func(r activity.OutcomeRow) bool { return !match(filter, r) })
		return rows[:min(len(rows), filter.Limit)], err
	}}
}

// searching is a store that searches other texts, or folds them in another way.
func searching(texts func(r activity.OutcomeRow) []string, fold func(string) string) broken {
	return matching(func(f *activity.OutcomeFilter) { f.Search = "" }, func(f activity.OutcomeFilter, r activity.OutcomeRow) bool {
		return f.Search == "" || slices.ContainsFunc(texts(r), func(text string) bool { return strings.Contains(fold(text), fold(f.Search)) })
	})
}

// searchable are the texts that a search is to look at.
func searchable(r activity.OutcomeRow) []string {
	return []string{r.Message, r.Record.ID, r.Record.Label}
}

func foldASCII(text string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, text)
}

func turnsOutcomes(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	turn := filter.Descending && filter.After == nil
	if turn {
		filter.Descending = false
	}
	rows, err := in.Outcomes(ctx, filter)
	if turn {
		slices.Reverse(rows)
	}
	return rows, err
}
