package storetest

import (
	"github.com/go-activity/activity"
)

const (
	movesRule  = "The mark moves to Through if that is later than where it is, or wherever it is if Back is true."
	noMarkRule = "A zero Through with Back takes the mark away."
	zeroRule   = "A reader who has none there has the zero ID."
)

// markCases are about marks of readers.
var markCases = []testCase{
	{"moving a mark", movesRule, checkMoveMark},
	{"concurrent moves of a mark", movesRule, checkConcurrentMarks},
	{"taking a mark away", noMarkRule, checkNoMark},
	{"marks of nobody", zeroRule, checkMarksOfNobody},
	{"ReadMark.Feed", "what the timeline is about; zero: the tenant as a whole", checkFeedOfMark},
	{"ReadMark.Through", "of the last event that was read", checkMarkThrough},
	{"ReadMark.Back", "also if the mark is later", checkMarkBack},
}

// markOf is a mark of ana's at row n, in the feed of the deal.
func markOf(n int) activity.ReadMark {
	return activity.ReadMark{Tenant: acme, Reader: ana, Feed: deal, Through: newRow(n).ID}
}

// marks moves a mark.
func (s subject) marks(mark activity.ReadMark) {
	s.Helper()
	if err := s.store.SetMark(s.Context(), mark); err != nil {
		s.Fatalf("SetMark: %v", err)
	}
}

// marked checks where the mark of a reader and a feed is.
func (s subject) marked(at activity.ReadMark, want activity.ID) {
	s.Helper()
	got, err := s.store.Mark(s.Context(), at.Tenant, at.Reader, at.Feed)
	if err != nil {
		s.Fatalf("Mark: %v", err)
	}
	if got != want {
		s.Errorf("Mark of %v in the feed of %v of %q = %s, want %s", at.Reader, at.Feed, at.Tenant, got, want)
	}
}

func checkMoveMark(s subject) {
	s.marks(markOf(5))
	s.marked(markOf(0), newRow(5).ID)
	for _, step := range []struct {
		to   int
		back bool
		want int
	}{{6, false, 6}, {3, false, 6}, {6, false, 6}, {9, false, 9}, {8, true, 8}, {8, true, 8}, {7, false, 8}, {20, true, 20}, {1, true, 1}, {2, false, 2}, {1, false, 2}} {
		mark := markOf(step.to)
		mark.Back = step.back
		s.marks(mark)
		s.marked(mark, newRow(step.want).ID)
	}
	// Later is later by one bit, and in the first half of an ID as in the second.
	before, same, after := around(newRow(2).ID)
	mark := markOf(2)
	for _, step := range []struct{ to, want activity.ID }{{before, same}, {after, after}, {same, after}, {lastID, lastID}, {newRow(100).ID, lastID}} {
		mark.Through = step.to
		s.marks(mark)
		s.marked(mark, step.want)
	}
	mark.Through, mark.Back = activity.ID{15: 1}, true
	s.marks(mark)
	s.marked(mark, activity.ID{15: 1})
	mark.Through, mark.Back = activity.ID{0: 0xff}, false
	s.marks(mark)
	s.marked(mark, activity.ID{0: 0xff})
}

func checkConcurrentMarks(s subject) {
	const readers, moves = 6, 8
	together(readers, func(i int) {
		for n := range moves {
			if err := s.store.SetMark(s.Context(), markOf((7*(n*readers+i))%(readers*moves))); err != nil {
				s.Errorf("SetMark beside others: %v", err)
			}
		}
	})
	s.marked(markOf(0), newRow(readers*moves-1).ID)
}

func checkNoMark(s subject) {
	none := activity.ReadMark{Tenant: acme, Reader: ana, Feed: deal, Back: true}
	s.marks(none) // which takes nothing away
	s.marked(none, activity.ID{})
	s.marks(markOf(5))
	other := markOf(7)
	other.Feed = call
	s.marks(other)
	still := none
	still.Back = false // is not later
	s.marks(still)
	s.marked(none, newRow(5).ID)
	s.marks(none)
	s.marked(none, activity.ID{})
	s.marked(other, newRow(7).ID)
	s.marks(still)
	s.marked(none, activity.ID{})
	s.marks(markOf(1))
	s.marked(none, newRow(1).ID)
}

func checkMarksOfNobody(s subject) {
	s.marked(markOf(0), activity.ID{})
	s.marks(markOf(5))
	for _, at := range []activity.ReadMark{
		{Tenant: acme, Reader: ben, Feed: deal},
		{Tenant: acme, Reader: ana, Feed: call},
		{Tenant: acme, Reader: ana},
		{Tenant: acme, Reader: deal, Feed: ana},
		{Tenant: globex, Reader: ana, Feed: deal},
		{Tenant: acme, Reader: activity.Identity("ana", "Ana"), Feed: deal},
		{Tenant: acme, Reader: activity.User("Ana", "Ana"), Feed: deal},
		{Tenant: acme, Reader: activity.Entity{Kind: "usera", ID: "na"}, Feed: deal},
		{Tenant: acme, Reader: ana, Feed: activity.Entity{Kind: "dea", ID: "l1"}},
		{Tenant: acme, Reader: ana, Feed: activity.Entity{Kind: "deal", ID: "10"}},
	} {
		s.marked(at, activity.ID{})
	}
	s.marked(markOf(0), newRow(5).ID)
}

func checkFeedOfMark(s subject) {
	feeds := []activity.Entity{{}, deal, call, ana, {Kind: "deal", ID: "2"}, {Kind: "Deal", ID: "1"}}
	readers := []activity.Entity{ana, ben, activity.System("ana")}
	at := func(reader, feed int) activity.ReadMark {
		return activity.ReadMark{Tenant: acme, Reader: readers[reader], Feed: feeds[feed], Through: newRow(10*reader + feed).ID}
	}
	for r := range readers {
		for f := range feeds {
			s.marks(at(r, f))
		}
	}
	for r := range readers {
		for f := range feeds {
			s.marked(at(r, f), newRow(10*r+f).ID)
		}
	}
	// The one of the tenant as a whole moves by itself, and so do the others.
	whole := at(0, 0)
	whole.Through = newRow(100).ID
	s.marks(whole)
	s.marked(whole, newRow(100).ID)
	s.marked(at(0, 1), newRow(1).ID)
	s.marked(at(1, 0), newRow(10).ID)
	whole.Through, whole.Back = activity.ID{}, true
	s.marks(whole)
	s.marked(whole, activity.ID{})
	s.marked(at(0, 1), newRow(1).ID)
	// Labels do not tell readers or feeds apart.
	renamed := at(0, 1)
	renamed.Reader.Label, renamed.Feed.Label, renamed.Through = "Ana Renamed", "Renamed", newRow(200).ID
	s.marks(renamed)
	s.marked(at(0, 1), newRow(200).ID)
}

func checkMarkThrough(s subject) {
	// It need not be an event of the feed, or any.
	s.enters(newRow(1), newRow(2))
	for _, through := range []activity.ID{newRow(1).ID, newRow(1).ID.Next(), newRow(2).ID, newRow(77).ID, lastID} {
		mark := markOf(0)
		mark.Through = through
		s.marks(mark)
		s.marked(mark, through)
	}
	s.removes(acme, newRow(1).ID, newRow(2).ID)
	s.marked(markOf(0), lastID)
}

func checkMarkBack(s subject) {
	back := markOf(3)
	back.Back = true
	s.marks(back) // where there is none
	s.marked(back, newRow(3).ID)
	s.marks(markOf(9))
	s.marks(back)
	s.marked(back, newRow(3).ID)
	s.marks(markOf(2))
	s.marked(back, newRow(3).ID)
}
