package activity

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// The part of Verify that is about events: what is wrong with one, which are gone, and which are outside of the ledger.

// reasonLeaf is the reason that most changes of an event lead to.
const reasonLeaf = "event is not what was recorded: its leaf is another"

// examine says what is wrong with the event of an entry, as a sentence, or nothing, and whether something of it was erased.
func (e *EntryRow) examine() (reason string, erased bool) {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("event cannot be read: %v", e.Err), false
	case e.Event.ID != e.ID:
		return fmt.Sprintf("event is another: %v", e.Event.ID), false
	case e.Event.Tenant != e.Tenant:
		return fmt.Sprintf("event is of another tenant: %q", e.Event.Tenant), false
	}
	parts, err := e.Event.storedParts()
	if err != nil {
		return fmt.Sprintf("event %v", err), false
	}
	erased = anyErased(parts)
	if e.Event.leaf(parts) != e.Leaf {
		return reasonLeaf, erased
	}
	return "", erased
}

func anyErased(parts []part) bool {
	return slices.ContainsFunc(parts, func(p part) bool { return p.erased })
}

// leafIs reports whether the event of an entry has the leaf.
func (e *EntryRow) leafIs(leaf Hash) bool {
	other := *e
	other.Leaf = leaf
	reason, _ := other.examine()
	return reason == ""
}

// listed takes away from what waits to be listed what an event lists.
func (v *verifier) listed(e *Event) {
	waiting := v.waiting[e.Type]
	if len(waiting) == 0 {
		return
	}
	var payload struct {
		Events []ID `json:"events"`
	}
	if json.Unmarshal(e.Payload, &payload) != nil {
		return // then it lists nothing
	}
	for _, id := range payload.Events {
		delete(waiting, id)
	}
}

// unlisted reports what no event lists. An event that does comes after those it lists, except when it was recorded while
// the entries were read, or in the same batch by another clock: so it is looked for once more.
func (v *verifier) unlisted() error {
	for typ, waiting := range v.waiting {
		query := EventQuery{Tenant: v.tenant, Types: []string{typ}, Oldest: true, Limit: MaxLimit}
		for len(waiting) > 0 {
			events, err := v.store.Feed(v.ctx, query)
			if err != nil {
				return err
			}
			for i := range events {
				v.listed(&events[i])
			}
			if len(events) < MaxLimit {
				break
			}
			query.Min = events[len(events)-1].ID.Next()
		}
		for _, p := range slices.SortedFunc(maps.Values(waiting), func(a, b Problem) int { return cmp.Compare(a.Index, b.Index) }) {
			if err := v.report(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// strays reports the tenant's events that are outside of the ledger.
func (v *verifier) strays() error {
	var after ID
	for {
		ids, err := v.store.Strays(v.ctx, v.tenant, after, MaxLimit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := v.report(Problem{Index: -1, ID: id, Reason: "event has no position, and does not wait for one"}); err != nil {
				return err
			}
		}
		if len(ids) < MaxLimit {
			return nil
		}
		after = ids[len(ids)-1]
	}
}
