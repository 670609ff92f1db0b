package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

const (
	taken1Rule    = "Entries are taken by ascending position, each once, whatever number of calls run at once."
	takenNRule    = "It returns how many entries it has taken; a call while another one works may take none."
	lastLabelRule = "An entity has the label of the last entry that gives it one; within an event, the actor comes before the entities."
	nameRule      = "It is found by the words of its Name in each entry that was taken; NameWords says which these are."
	leftOutRule   = "What was erased or removed before its entry was taken is left out, and so are entities of EventKind."
	entitiesRule  = "Exactly the entities of the kinds asked for come back for which each of Words is the beginning of a word that they are found by."
	byNameRule    = "They come by ascending Name, then kind, then ID, byte by byte, each with the label that it has."
	firstRule     = "When there are more than Limit, the first Limit of that order come back."
)

// directoryCases are about Index and FindEntities.
var directoryCases = []testCase{
	{"taking entries into the directory", taken1Rule + " " + takenNRule, checkIndex},
	{"taking entries in transactions", taken1Rule + " " + takenNRule, checkIndexTx},
	{"concurrent calls of Index", taken1Rule + " " + takenNRule, checkConcurrentIndex},
	{"labels of entities", lastLabelRule, checkNewestLabels},
	{"labels by position", lastLabelRule, checkLabelsByPosition},
	{"words of names", nameRule, checkNames},
	{"what is gone before it is taken", leftOutRule, checkGoneBefore},
	{"events that are entities", leftOutRule, checkEventsAsEntities},
	{"finding entities", entitiesRule, checkFindEntities},
	{"finding entities by old names", entitiesRule + " " + byNameRule, checkOldNames},
	{"order of entities", byNameRule, checkOrderOfEntities},
	{"limit of entities", firstRule, checkLimitOfEntities},
	{"EntityQuery.Words", "as NameWords makes them; at least one", checkEntityWords},
	{"EntityQuery.Kinds", "of one of these kinds, if there are any", checkEntityKinds},
	{"EntityQuery.Kinds, long", "of one of these kinds, if there are any", checkLongEntityKinds},
	{"EntityQuery.Limit", "at least 1", checkOneEntity},
}

// index takes at most limit entries into the directory, which must be n. Nobody else does so meanwhile.
func (s subject) index(limit, n int) {
	s.Helper()
	got, err := s.store.Index(s.Context(), limit)
	if err != nil {
		s.Fatalf("Index: %v", err)
	}
	if got != n {
		s.Errorf("Index of at most %d = %d, want %d", limit, got, n)
	}
}

// indexes takes all entries into the directory, which must be n.
func (s subject) indexes(n int) {
	s.Helper()
	s.index(1000, n)
	s.index(100, 0)
}

// lists rows in the ledger and in the directory.
func (s subject) registers(rows ...activity.EventRow) {
	s.Helper()
	s.enters(rows...)
	s.indexes(len(rows))
}

// knows checks which entities of acme are found by a text, in their order.
func (s subject) knows(text string, want ...activity.Entity) {
	s.Helper()
	s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords(text)}, want...)
}

// findsEntities checks what a query without a limit of its own finds, in its order.
func (s subject) findsEntities(query activity.EntityQuery, want ...activity.Entity) {
	s.Helper()
	if query.Limit == 0 {
		query.Limit = len(want) + 10
	}
	got, err := s.store.FindEntities(s.Context(), query)
	if err != nil {
		s.Fatalf("FindEntities of %q: %v", query.Words, err)
	}
	if d := diffList(want, got); d != "" {
		s.Errorf("FindEntities of %s: %s: %s, want %s", conditions(reflect.ValueOf(query)), d, short(got), short(want))
	}
}

// person is a contact.
func person(n int, label string) activity.Entity {
	return activity.Entity{Kind: "contact", ID: fmt.Sprint("c", n), Label: label}
}

// persons are contacts, each with a name of its own.
func persons(n int) []activity.Entity {
	list := make([]activity.Entity, n)
	for i := range list {
		list[i] = person(i, fmt.Sprintf("Person%03d", i))
	}
	return list
}

func checkIndex(s subject) {
	s.index(10, 0)
	all := persons(9)
	var rows []activity.EventRow
	for n, p := range all[:7] {
		rows = append(rows, newRow(n, of([]string{acme, globex}[n%2]), about(p), by(activity.User(fmt.Sprint("u", n), "Editor"))))
	}
	s.enters(rows...)
	taken := func(n int) {
		s.Helper()
		for _, tenant := range []string{acme, globex} {
			var want, editors []activity.Entity
			for i := range n {
				if rows[i].Tenant == tenant {
					want, editors = append(want, all[i]), append(editors, rows[i].Actor)
				}
			}
			s.findsEntities(activity.EntityQuery{Tenant: tenant, Words: activity.NameWords("person")}, want...)
			s.findsEntities(activity.EntityQuery{Tenant: tenant, Words: activity.NameWords("editor")}, editors...)
		}
	}
	taken(0)
	for _, step := range []struct{ limit, n, all int }{{1, 1, 1}, {2, 2, 3}, {3, 3, 6}, {3, 1, 7}, {3, 0, 7}} {
		s.index(step.limit, step.n)
		taken(step.all)
	}
	// What has no position is no entry yet.
	late := []activity.EventRow{newRow(8, of(globex), about(all[7]), by(all[7])), newRow(7, about(all[8]), by(all[8]))}
	rows, all = append(rows, late...), []activity.Entity{all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8]}
	s.append(late[0])
	s.index(10, 0)
	s.seals(1)
	s.append(late[1]) // with a lower ID than one that was taken
	s.index(10, 1)
	s.seals(1)
	s.index(10, 1)
	s.findsEntities(activity.EntityQuery{Tenant: globex, Words: activity.NameWords("person007")}, all[7])
	s.knows("person008", all[8])
	s.indexes(0)
}

func checkIndexTx(s subject) {
	all := persons(6)
	for n, p := range all {
		s.enters(newRow(n, about(p)))
	}
	for _, err := range []error{errOfFn, nil} {
		got := s.store.InTx(s.Context(), func(tx activity.Store) error {
			t := s.in(tx)
			t.index(2, 2)
			t.knows("person", all[0], all[1])
			s.knows("person")
			t.index(1, 1)
			t.knows("person", all[:3]...)
			return err
		})
		if got != err {
			s.Errorf("InTx = %v, want %v", got, err)
		}
		if err != nil {
			s.knows("person")
		}
	}
	s.knows("person", all[:3]...)
	s.index(2, 2)
	s.knows("person", all[:5]...)
	s.tx(func(tx subject) {
		extra := newRow(10, about(person(10, "Person010")))
		tx.append(extra)
		tx.seals(1)
		tx.indexes(2)
		tx.knows("person", append(slices.Clone(all), extra.About...)...)
	})
	s.knows("person", append(slices.Clone(all), person(10, "Person010"))...)
	s.indexes(0)
}

// checkConcurrentIndex appends, seals and takes at one time. A call of Index may take nothing as long as another one works.
func checkConcurrentIndex(s subject) {
	const writers, takers, batches, size = 2, 4, 6, 5
	all := persons((writers*batches + 1) * size)
	add := func(batch int) {
		var rows []activity.EventRow
		for n := batch * size; n < (batch+1)*size; n++ {
			// Each is known by an old name first, and a new one after it in the same transaction.
			old := person(n, fmt.Sprint("Old", n))
			rows = append(rows, newRow(2*n, about(old), by(ben)), newRow(2*n+1, about(all[n]), by(old)))
		}
		if _, err := s.store.AppendEvents(s.Context(), rows); err != nil {
			s.Errorf("AppendEvents beside others: %v", err)
		}
		if _, err := s.store.Seal(s.Context(), 7); err != nil {
			s.Errorf("Seal beside others: %v", err)
		}
	}
	add(writers * batches) // so that there is more than a call takes, whoever is first
	var taken [takers]int
	together(writers+takers, func(i int) {
		for b := range batches {
			if i < writers {
				add(i*batches + b)
				continue
			}
			for range 3 {
				n, err := s.store.Index(s.Context(), 4)
				taken[i-writers] += n
				if err != nil || n < 0 || n > 4 {
					s.Errorf("Index of at most 4 beside others = %d, %v", n, err)
				}
			}
		}
	})
	sum := 0
	for _, n := range taken {
		sum += n
	}
	for s.seal(1000) > 0 {
	}
	s.indexes(2*len(all) - sum)
	s.knows("person", all...)
	for _, p := range []activity.Entity{all[0], all[17], all[len(all)-1]} {
		s.knows("old"+p.ID[1:], formerly(all, "old"+p.ID[1:])...)
	}
	s.knows("ben", ben)
}

// formerly are those of some persons who had an old name that begins so.
func formerly(persons []activity.Entity, beginning string) []activity.Entity {
	var list []activity.Entity
	for n, p := range persons {
		if strings.HasPrefix(fmt.Sprint("old", n), beginning) {
			list = append(list, p)
		}
	}
	return list
}

func checkNewestLabels(s subject) {
	ann := func(label string) activity.Entity { return person(1, label) }
	var rows []activity.EventRow
	steps := []struct {
		change []change
		label  string
	}{
		{[]change{about(ann(""))}, ""},
		{[]change{about(ann("Ann Adams"))}, "Ann Adams"},
		{[]change{about(ann(""))}, "Ann Adams"},
		{[]change{about(deal, ann("Ann Baker"), call)}, "Ann Baker"},
		{[]change{by(ann("Ann Clark")), about()}, "Ann Clark"},
		{[]change{by(ann("Ann Davis")), about(ann("Ann Evans"))}, "Ann Evans"},
		{[]change{by(ann("Ann Foster")), about(deal, ann(""))}, "Ann Foster"},
		{[]change{by(ann("")), about(ann("Ann Adams"))}, "Ann Adams"},
		{[]change{by(ann("")), about(ann(""))}, "Ann Adams"},
		{[]change{by(ann("Ann B")), about(ann("Ann A"))}, "Ann A"},
		{[]change{about(activity.Entity{Kind: "deal", ID: "c1", Label: "Other"})}, "Ann A"}, // of another kind
	}
	for n, step := range steps {
		rows = append(rows, newRow(n, step.change...))
	}
	// One by one, and then all at once in another tenant, some with one entry before them.
	for n, row := range rows {
		s.registers(row)
		s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords("c1"), Kinds: []string{"contact"}}, person(1, steps[n].label))
	}
	for n := range rows {
		tenant := fmt.Sprint("tenant", n)
		var list []activity.EventRow
		for i, row := range rows[:n+1] {
			row.Tenant, row.ID = tenant, newRow(100*(n+1)+i).ID
			row.RecordedAt = newRow(100*(n+1) + i).RecordedAt
			salt(&row, i)
			list = append(list, row)
		}
		s.registers(list...)
		s.findsEntities(activity.EntityQuery{Tenant: tenant, Words: activity.NameWords("c1"), Kinds: []string{"contact"}}, person(1, steps[n].label))
	}
}

func checkLabelsByPosition(s subject) {
	// What is recorded later may have occurred earlier, and so have a lower ID.
	for n, label := range []string{"Ann Adams", "Ann Baker", "Ann Clark", "Ann Davis"} {
		row := newRow(100-n, about(person(1, label), person(2, "Bo"+fmt.Sprint(n))))
		row.RecordedAt = epoch.Add(-row.RecordedAt.Sub(epoch))
		s.append(row)
		s.seals(1)
		if n < 2 {
			s.index(1, 1)
			s.knows("ann", person(1, label))
		}
	}
	s.indexes(2)
	s.knows("ann", person(1, "Ann Davis"))
	s.knows("bo3", person(2, "Bo3"))
	s.knows("bo0", person(2, "Bo3"))
	// In one call of Seal, positions go by when events were recorded.
	first, second := newRow(201, about(person(1, "Ann First"))), newRow(200, about(person(1, "Ann Second")))
	first.RecordedAt, second.RecordedAt = epoch.Add(1000), epoch.Add(2000)
	s.append(second, first)
	s.seals(2)
	s.indexes(2)
	s.knows("ann", person(1, "Ann Second"))
}

func checkNames(s subject) {
	bare := activity.Entity{Kind: "contact", ID: "zed-4711 Quartz"}
	s.registers(
		newRow(1, about(bare, person(1, "Ann-Marie O'Neil (Acme, Inc.)")), by(activity.System("mailer"))),
		newRow(2, about(person(2, "Über Straße"), person(3, "bob bob BOB"), person(4, "***")), by(activity.Identity("x9", "ben@example.com"))),
		newRow(3, about(person(5, "日本 株式会社"), activity.Entity{Kind: "deal", ID: "c5", Label: "Ann-Marie's deal"})),
	)
	for _, text := range []string{"zed", "4711", "quartz", "ZED Quartz", "z"} {
		s.knows(text, bare)
	}
	marie := person(1, "Ann-Marie O'Neil (Acme, Inc.)")
	for _, text := range []string{"marie acme", "Neil", "inc", "o neil ann"} {
		s.knows(text, marie)
	}
	s.knows("ann marie", marie, activity.Entity{Kind: "deal", ID: "c5", Label: "Ann-Marie's deal"})
	s.knows("über", person(2, "Über Straße"))
	s.knows("ÜBER STRASSE", matchingName("ÜBER STRASSE", person(2, "Über Straße"))...)
	s.knows("bob", person(3, "bob bob BOB"))
	s.knows("bob bo b", person(3, "bob bob BOB"))
	s.knows("日本", person(5, "日本 株式会社"))
	s.knows("mailer", activity.System("mailer"))
	s.knows("example", activity.Identity("x9", "ben@example.com"))
	s.knows("c1") // who has a label is not found by the ID
	s.knows("x9")
	s.knows("contact")
	// An ID is a name in the entries without a label, whatever label there is.
	s.registers(newRow(4, about(activity.Entity{Kind: bare.Kind, ID: bare.ID, Label: "Zoe"}, person(1, ""))))
	s.knows("quartz", activity.Entity{Kind: bare.Kind, ID: bare.ID, Label: "Zoe"})
	s.knows("zoe zed", activity.Entity{Kind: bare.Kind, ID: bare.ID, Label: "Zoe"})
	s.knows("c1", marie)
	s.knows("c1 acme", marie)
	// The words of a name that nobody could read are none.
	s.registers(newRow(5, about(person(4, "Dots"))))
	s.knows("dots", person(4, "Dots"))
	// As many words as a name may have, and some that it does not count; and long ones.
	var words []string
	for n := range activity.MaxWords + 4 {
		words = append(words, fmt.Sprint("q", 10+n))
	}
	many, long := person(6, strings.Join(words, " ")), person(7, strings.Repeat("long", 20)+" "+strings.Repeat("é", 70))
	s.registers(newRow(6, about(many, long)))
	for n, word := range words {
		if n < activity.MaxWords {
			s.knows(word, many)
		} else {
			s.knows(word)
		}
	}
	s.knows(strings.Repeat("long", 20), long)
	s.knows("long longl "+strings.Repeat("é", 30), long)
	s.knows(strings.Repeat("long", 10) + "x")
}

// matchingName returns an entity if a text finds it, by what NameWords says.
func matchingName(text string, e activity.Entity) []activity.Entity {
	for _, word := range activity.NameWords(text) {
		if !slices.ContainsFunc(activity.NameWords(e.Name()), func(has string) bool { return strings.HasPrefix(has, word) }) {
			return nil
		}
	}
	return []activity.Entity{e}
}

func checkGoneBefore(s subject) {
	ghost := activity.User("ghost", "Ghost Writer")
	rows := []activity.EventRow{
		newRow(1, about(eve, person(1, "Ann"))),
		newRow(2, about(person(2, "Bob")), by(eve)),
		newRow(3, about(person(3, "Cid")), by(ghost)),
		newRow(4, about(person(4, "Dan"), eve), by(eve)),
		newRow(5, about(person(2, "Bobby"))),
		newRow(6, about(person(4, "Daniel"))),
	}
	s.enters(rows...)
	s.erases(eve)
	s.removes(acme, rows[2].ID, rows[5].ID)
	s.index(4, 4)
	s.index(10, 2)
	for _, text := range []string{"eve", "adams", "4711", "erased", "ghost", "cid", "daniel", "contact"} {
		s.knows(text)
	}
	s.knows("ann", person(1, "Ann"))
	s.knows("bob", person(2, "Bobby"))
	s.knows("dan", person(4, "Dan"))
	s.registers(newRow(10, about(activity.Entity{Kind: activity.EventKind, ID: "thread", Label: "Thread"}, person(9, "Ira"))))
	s.knows("thread")
	s.knows("ira", person(9, "Ira"))
	// Only removed ones are taken too.
	s.enters(newRow(7, about(person(7, "Gil"))), newRow(8, about(person(8, "Hal"))))
	s.removes(acme, newRow(7).ID, newRow(8).ID)
	s.index(1, 1)
	s.indexes(1)
	s.knows("gil")
	// Whoever is named again is known again.
	s.registers(newRow(9, about(person(3, "Cid"), eve)))
	s.knows("eve", eve)
	s.knows("cid", person(3, "Cid"))
	// What goes away later leaves the names.
	s.removes(acme, newRow(9).ID)
	s.knows("cid", person(3, "Cid"))
	s.indexes(0)
}

func checkEventsAsEntities(s subject) {
	commented := newRow(1).Event
	labelled := commented.Entity()
	labelled.Label = "Ann's note"
	s.registers(
		newRow(2, about(commented.Entity(), person(1, "Ann"))),
		newRow(3, about(activity.Entity{Kind: "events", ID: commented.ID.String(), Label: "Ann two"}, labelled), by(activity.Entity{Kind: activity.EventKind, ID: "ann"})),
	)
	s.knows("ann", person(1, "Ann"), activity.Entity{Kind: "events", ID: commented.ID.String(), Label: "Ann two"})
	s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords("ann"), Kinds: []string{activity.EventKind}})
	s.knows(commented.ID.String())
	s.knows(commented.ID.String()[:8])
}

func checkFindEntities(s subject) {
	adams, baker, anders := person(1, "Ann Adams"), person(2, "Ann Baker"), person(3, "Hanna Anders")
	firm := activity.Entity{Kind: "company", ID: "c1", Label: "Adams & Anders"}
	low, high := person(4, "zz zzz"), person(5, "𪚥𪚥 z𪚥")
	s.registers(
		newRow(1, about(adams, baker, anders, low), by(activity.User("ann", "Ann"))),
		newRow(2, about(firm, high), by(activity.User("ann", "Ann"))),
	)
	ann := activity.User("ann", "Ann")
	s.knows("a", firm, ann, adams, baker, anders)
	s.knows("an", firm, ann, adams, baker, anders)
	s.knows("ann", ann, adams, baker)
	s.knows("anna")
	s.knows("nn")
	s.knows("dams")
	s.knows("adams", firm, adams)
	s.knows("ADAMS ann", adams)
	s.knows("adams an", firm, adams) // Anders begins so too
	s.knows("an ad", firm, adams)
	s.knows("ann ann", ann, adams, baker)
	s.knows("a a a", firm, ann, adams, baker, anders)
	s.knows("ann b", baker)
	s.knows("ann baker adams")
	s.knows("ann baker absent")
	s.knows("b", baker)
	s.knows("h", anders)
	s.knows("c1") // an ID
	s.knows("z", low, high)
	s.knows("zz", low)
	s.knows("zzz z", low)
	s.knows("zzzz")
	s.knows("𪚥", high)
	s.knows("𪚥𪚥", high)
	s.knows("z𪚥 𪚥", high)
	s.findsEntities(activity.EntityQuery{Tenant: globex, Words: activity.NameWords("ann")})
}

func checkOldNames(s subject) {
	s.registers(newRow(1, about(person(1, "Ann Adams"), person(2, "Bob Brown"))))
	s.registers(newRow(2, about(person(1, "Zoe Baker"))))
	s.registers(newRow(3, about(person(1, ""), person(2, "Bob Brown"))))
	zoe, bob := person(1, "Zoe Baker"), person(2, "Bob Brown")
	for _, text := range []string{"adams", "ann", "zoe", "baker", "ann baker", "zoe adams", "c1", "ann adams zoe baker c1"} {
		s.knows(text, zoe)
	}
	s.knows("b", bob, zoe) // by the new names
	s.knows("ann brown")
	// Each name is in one time only once, and so is the entity.
	s.registers(newRow(4, about(person(1, "Ann Adams"))), newRow(5, about(person(1, "Ann Adams"))), newRow(6, about(person(1, "Anna Adams"))))
	s.knows("ann", person(1, "Anna Adams"))
	s.knows("b", person(1, "Anna Adams"), bob)
}

func checkOrderOfEntities(s subject) {
	kind := func(kind, id, label string) activity.Entity { return activity.Entity{Kind: kind, ID: id, Label: label} }
	want := []activity.Entity{
		kind("contact", "9", "! x"),
		kind("contact", "8", "10 x"),
		kind("contact", "7", "9 x"),
		kind("contact", "20", "B x"),
		kind("Contact", "3", "X"),
		kind("company", "3", "X"),
		kind("contact", "10", "X"),
		kind("contact", "2", "X"),
		kind("deal", "1", "X"),
		kind("contact", "21", "X a"),
		kind("contact", "22", "a x"),
		kind("contact", "x-1", ""),
		kind("deal", "x-1", ""),
		kind("contact", "x-2", ""),
		kind("contact", "19", "z x"),
		kind("contact", "18", "Ä x"),
		kind("contact", "17", "é x"),
		kind("contact", "16", "日 x"),
		kind("contact", "15", "𪚥 x"),
	}
	for _, i := range []int{3, 12, 7, 18, 0, 5, 1, 14, 2, 16, 6, 4, 10, 17, 13, 8, 11, 15, 9} {
		s.enters(newRow(i, about(want[i])))
	}
	s.indexes(len(want))
	s.knows("x", want...)
	// A new name is a new place, and an old one is none.
	s.registers(newRow(30, about(kind("contact", "9", "zz x"))))
	want = slices.Insert(slices.Clone(want), 15, kind("contact", "9", "zz x"))[1:]
	s.knows("x", want...)
	s.registers(newRow(31, about(kind("contact", "x-1", "0 x"))))
	want = slices.Insert(slices.DeleteFunc(want, func(e activity.Entity) bool { return e == kind("contact", "x-1", "") }), 0, kind("contact", "x-1", "0 x"))
	s.knows("x", want...)
}

func checkLimitOfEntities(s subject) {
	all := persons(30)
	var rows []activity.EventRow
	for n := range all {
		all[n].Label += " person persona"
		if n%3 == 0 {
			all[n].Kind = "lead"
		}
	}
	for n := range all {
		rows = append(rows, newRow(n, about(all[(7*n)%30])))
	}
	s.registers(rows...)
	leads := slices.DeleteFunc(slices.Clone(all), func(e activity.Entity) bool { return e.Kind != "lead" })
	for _, limit := range []int{1, 2, 9, 10, 11, 29, 30, 31} {
		for _, text := range []string{"person", "p", "person pers", "persona person0"} {
			s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords(text), Limit: limit}, all[:min(limit, 30)]...)
			s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords(text), Kinds: []string{"lead"}, Limit: limit}, leads[:min(limit, 10)]...)
		}
		s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords("persona person01"), Limit: limit}, all[10:min(10+limit, 20)]...)
	}
}

func checkEntityWords(s subject) {
	words := []string{"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"}
	long := person(1, strings.Join(words, " "))
	s.registers(newRow(1, about(long, person(2, "Alpha Beta"), person(3, "Beta"))))
	var all []string
	for _, word := range words {
		all = append(all, activity.NameWords(word)...)
		s.findsEntities(activity.EntityQuery{Tenant: acme, Words: all, Kinds: []string{"contact"}}, append([]activity.Entity{person(2, "Alpha Beta")}[:max(0, min(1, 3-len(all)))], long)...)
	}
	slices.Reverse(all)
	s.findsEntities(activity.EntityQuery{Tenant: acme, Words: all}, long)
	s.findsEntities(activity.EntityQuery{Tenant: acme, Words: append(all[1:], activity.NameWords("iota")...)})
	s.knows("beta", person(2, "Alpha Beta"), person(3, "Beta"), long)
}

func checkEntityKinds(s subject) {
	kind := func(kind string) activity.Entity { return activity.Entity{Kind: kind, ID: "1", Label: "Ann"} }
	list := []activity.Entity{kind("Deal"), kind("dea"), kind("deal"), kind("deal.x"), kind("deal_x"), kind("dealsx")}
	s.registers(newRow(1, about(list...)))
	find := func(kinds []string, want ...activity.Entity) {
		s.Helper()
		s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords("ann"), Kinds: kinds}, want...)
	}
	find([]string{"deal"}, list[2])
	find([]string{"deal_x"}, list[4])
	find([]string{"deal.x", "Deal", "absent"}, list[0], list[3])
	find([]string{"absent"})
	find([]string{}, list...)
	s.knows("ann", list...)
}

func checkLongEntityKinds(s subject) {
	kinds := make([]string, activity.MaxListed)
	for i := range kinds {
		kinds[i] = fmt.Sprintf("kind%03d", i)
	}
	var rows []activity.EventRow
	var want []activity.Entity
	for _, i := range []int{0, 1, 500, 998, 999} {
		want = append(want, activity.Entity{Kind: kinds[i], ID: "1", Label: "Ann"})
	}
	rows = append(rows, newRow(1, about(append(want, deal)...)))
	s.registers(rows...)
	s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords("ann"), Kinds: kinds}, want...)
	s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords("big"), Kinds: kinds})
}

func checkOneEntity(s subject) {
	s.registers(newRow(1, about(persons(3)...)), newRow(2, about(person(0, "Zed Person"))))
	s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords("person"), Limit: 1}, persons(3)[1])
	s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords("zed"), Limit: 1}, person(0, "Zed Person"))
}
