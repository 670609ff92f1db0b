package storetest

import (
	"fmt"
	"slices"

	"github.com/go-activity/activity"
)

func checkConcurrentKey(s subject) {
	const rounds, writers = 5, 8
	for round := range rounds {
		row := newRow(round*writers, key(fmt.Sprint("k", round)))
		ids := make([]activity.ID, writers)
		together(writers, func(i int) {
			events, err := s.store.AppendEvents(s.Context(), []activity.EventRow{again(row, round*writers+i)})
			if err != nil || len(events) != 1 {
				s.Errorf("AppendEvents of a key beside others: %d events, %v", len(events), err)
				return
			}
			ids[i] = events[0].ID
		})
		if slices.ContainsFunc(ids, func(id activity.ID) bool { return id != ids[0] }) {
			s.Errorf("concurrent appends with one key returned different events: %v", ids)
		}
	}
	if n := len(s.feed(activity.EventQuery{Tenant: acme, Limit: 100})); n != rounds {
		s.Errorf("concurrent appends with %d keys stored %d events", rounds, n)
	}
}

func checkConcurrentKeys(s subject) {
	const rounds, writers, keys = 5, 4, 20
	for round := range rounds {
		base := newRows(0, keys)
		for k := range base {
			base[k] = newRow(1000*round+k, key(fmt.Sprintf("k%d-%d", round, k)))
		}
		ids := make([][]activity.ID, writers)
		together(writers, func(w int) {
			rows := make([]activity.EventRow, keys)
			for k, row := range base {
				rows[k] = again(row, 1000*round+100*(w+1)+k)
			}
			if w%2 == 1 {
				slices.Reverse(rows)
			}
			events, err := s.store.AppendEvents(s.Context(), rows)
			if err != nil {
				s.Errorf("AppendEvents of keys that others append in another order: %v", err)
			}
			for _, e := range events {
				ids[w] = append(ids[w], e.ID)
			}
			if w%2 == 1 {
				slices.Reverse(ids[w])
			}
		})
		for w := range writers {
			if !slices.Equal(ids[0], ids[w]) {
				s.Errorf("concurrent appends with the same keys returned different events")
			}
		}
	}
	if n := len(s.feed(activity.EventQuery{Tenant: acme, Limit: 500})); n != rounds*keys {
		s.Errorf("concurrent appends with %d keys stored %d events", rounds*keys, n)
	}
}

// The other append may come before the transaction ends or after: the outcome is the same.
func checkKeyOfTx(s subject) {
	for round, fails := range []bool{false, true, false, true} {
		row := newRow(10*round, key(fmt.Sprint("k", round)))
		repeat := again(row, 10*round+1)
		started, got := make(chan struct{}), make(chan []activity.Event, 1)
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			s.in(tx).append(row)
			go func() {
				close(started)
				events, err := s.store.AppendEvents(s.Context(), []activity.EventRow{repeat})
				if err != nil {
					s.Errorf("AppendEvents of a key beside a transaction that has used it: %v", err)
				}
				got <- events
			}()
			<-started
			for range 10 {
				s.holds(globex) // gives the other one time to get stuck
			}
			if fails {
				return errOfFn
			}
			return nil
		})
		if (err != nil) != fails {
			s.Errorf("InTx: %v", err)
		}
		want := row
		if fails {
			want = repeat
		}
		if d := diffAll([]activity.Event{want.Event}, <-got); d != "" {
			s.Errorf("AppendEvents of a key beside a transaction that has used it returned: %s", d)
		}
	}
}
