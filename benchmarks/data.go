package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-activity/activity"
)

const tenant = "acme"

// What the tenant has. The first of each are the key ones, on which much of the work is done.
const (
	accounts = 4000
	contacts = 12000
	deals    = 6000
	users    = 300
)

type email struct {
	Campaign  string `json:"campaign"`
	Subject   string `json:"subject"`
	Count     int    `json:"count"`
	MessageID string `json:"message_id"`
	Device    string `json:"device"`
}

type stage struct {
	Deal     string  `json:"deal"`
	From     string  `json:"from"`
	To       string  `json:"to"`
	Amount   float64 `json:"amount"`
	Currency string  `json:"currency"`
	Reason   string  `json:"reason"`
}

type visit struct {
	URL      string `json:"url"`
	Referrer string `json:"referrer"`
	Seconds  int    `json:"seconds"`
	Pages    int    `json:"pages"`
}

type note struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

var (
	emailOpened = activity.Define[email]("email.opened", activity.TypeOptions{Category: "email",
		Summary: "opened {count, plural, one {# email} other {# emails}} of {campaign}"})
	emailSent    = activity.Define[email]("email.sent", activity.TypeOptions{Category: "email"})
	emailClicked = activity.Define[email]("email.clicked", activity.TypeOptions{Category: "email"})
	emailBounced = activity.Define[email]("email.bounced", activity.TypeOptions{Category: "email"})
	dealStage    = activity.Define[stage]("deal.stage_changed", activity.TypeOptions{Category: "deals"})
	dealWon      = activity.Define[stage]("deal.won", activity.TypeOptions{Category: "deals"})
	dealLost     = activity.Define[stage]("deal.lost", activity.TypeOptions{Category: "deals"})
	pageVisited  = activity.Define[visit]("page.visited", activity.TypeOptions{Category: "web"})
	formSent     = activity.Define[visit]("form.submitted", activity.TypeOptions{Category: "web"})
	noteAdded    = activity.Define[note]("note.added", activity.TypeOptions{Category: "work"})
	callLogged   = activity.Define[note]("call.logged", activity.TypeOptions{Category: "work"})
	ownerChanged = activity.Define[note]("owner.changed", activity.TypeOptions{Category: "work"}) // the rare one
)

var types = []activity.EventType{emailOpened, emailSent, emailClicked, emailBounced, dealStage, dealWon,
	dealLost, pageVisited, formSent, noteAdded, callLogged, ownerChanged}

var categories = []string{"email", "deals", "web", "work"}

// frequent are the types that are not rare, as often as they are chosen.
var frequent = []func(*workload) activity.Draft{
	opened, opened, opened, sent, sent, sent, sent, clicked, clicked, bounced,
	staged, staged, won, lost, visited, visited, visited, submitted, noted, noted, called, called,
}

// mailed is how many of the frequent types are e-mails that arrived.
const mailed = 9

// byHand says whether an event of a frequent type is recorded by hand: notes and calls are, half of
// what happens to deals is, and the rest comes from subsystems.
func (w *workload) byHand(n int) bool {
	switch {
	case n < 10:
		return false // email
	case n < 14:
		return w.rng.IntN(2) == 0 // deals
	case n < 18:
		return false // web
	default:
		return true // work
	}
}

func opened(w *workload) activity.Draft    { return emailOpened.New(w.email()) }
func sent(w *workload) activity.Draft      { return emailSent.New(w.email()) }
func clicked(w *workload) activity.Draft   { return emailClicked.New(w.email()) }
func bounced(w *workload) activity.Draft   { return emailBounced.New(w.email()) }
func staged(w *workload) activity.Draft    { return dealStage.New(w.stage()) }
func won(w *workload) activity.Draft       { return dealWon.New(w.stage()) }
func lost(w *workload) activity.Draft      { return dealLost.New(w.stage()) }
func visited(w *workload) activity.Draft   { return pageVisited.New(w.visit()) }
func submitted(w *workload) activity.Draft { return formSent.New(w.visit()) }
func noted(w *workload) activity.Draft     { return noteAdded.New(w.note()) }
func called(w *workload) activity.Draft    { return callLogged.New(w.note()) }
func handed(w *workload) activity.Draft    { return ownerChanged.New(w.note()) }

// workload makes drafts: the same ones for the same seed, so that a small database holds what a
// large one begins with.
//
// Four events of ten are about key accounts, contacts and deals. There are so few of these that each
// has about a hundred of the first "small" events. The rare type is every tenth of those events and
// every thousandth later, about the first rareKeys entities and by the first rareKeys users only; so
// that any of them fills a page with it, in a small database and in a large one.
//
// Sites are accounts below others: of the first events, e-mails are about them unless they are about a key account, and one
// of twenty later. So a site has the same few types in a small database and in a large one.
type workload struct {
	rng      *rand.Rand
	busy     *rand.Zipf // users
	small    int
	keys     int
	rareKeys int
	made     int
	rare     int
}

var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func newWorkload(seed uint64, small int) *workload {
	rng := rand.New(rand.NewPCG(seed, 0))
	return &workload{
		rng:      rng,
		busy:     rand.NewZipf(rng, 1.1, 1, users-1),
		small:    small,
		keys:     max(small/250, 1),
		rareKeys: max(small/650, 1),
	}
}

func (w *workload) drafts(n int) []activity.Draft {
	drafts := make([]activity.Draft, n)
	for i := range drafts {
		drafts[i] = w.next()
	}
	return drafts
}

func (w *workload) next() activity.Draft {
	w.made++
	every := 1000
	if w.made <= w.small {
		every = 10
	}
	var d activity.Draft
	var about [3]activity.Entity
	var actor activity.Entity
	byHand := false
	if w.made%every == 0 {
		n := w.rare % w.rareKeys
		w.rare++
		d = handed(w)
		about = [...]activity.Entity{account(n), contact(n), deal(n)}
		actor = user(n)
	} else {
		n := w.rng.IntN(len(frequent))
		d, byHand = frequent[n](w), w.byHand(n)
		of := w.one(accounts)
		about = [...]activity.Entity{account(of), contact(w.one(contacts)), deal(w.one(deals))}
		actor = user(int(w.busy.Uint64()))
		if n < mailed && of >= w.keys && (w.made <= w.small || w.made%20 == 0) {
			about[0] = site(of % (hierarchies * below))
		}
	}
	if byHand {
		d = d.Manual()
	}
	at := epoch.Add(time.Duration(w.made) * 17 * time.Second).Add(time.Duration(w.rng.IntN(1e6)) * time.Microsecond)
	return d.By(actor).About(about[:]...).At(at)
}

// one returns one of n, a key one in four of ten cases.
func (w *workload) one(n int) int {
	if w.rng.IntN(10) < 4 {
		return w.rng.IntN(w.keys)
	}
	return w.rng.IntN(n)
}

func account(i int) activity.Entity {
	return activity.Entity{Kind: "account", ID: fmt.Sprintf("acc_%06d", i), Label: fmt.Sprintf("Northwind Trading %d Ltd.", i)}
}

func site(i int) activity.Entity {
	return activity.Entity{Kind: "account", ID: fmt.Sprintf("site_%03d", i), Label: fmt.Sprintf("Northwind Site %d", i)}
}

func contact(i int) activity.Entity {
	return activity.Entity{Kind: "contact", ID: fmt.Sprintf("con_%06d", i), Label: fmt.Sprintf("Zoë Müller-%06d", i)}
}

func deal(i int) activity.Entity {
	return activity.Entity{Kind: "deal", ID: fmt.Sprintf("deal_%06d", i), Label: fmt.Sprintf("Renewal 2026 #%d", i)}
}

func user(i int) activity.Entity {
	return activity.User(fmt.Sprintf("usr_%04d", i), fmt.Sprintf("Ana Castillo %d", i))
}

func (w *workload) email() email {
	return email{
		Campaign:  fmt.Sprintf("Spring launch %d", w.rng.IntN(40)),
		Subject:   "What \"new\" looks like in the next release",
		Count:     1 + w.rng.IntN(5),
		MessageID: fmt.Sprintf("%016x@mail.example.com", w.rng.Uint64()),
		Device:    "iPhone",
	}
}

func (w *workload) stage() stage {
	return stage{
		Deal:     fmt.Sprintf("Renewal 2026 #%d", w.rng.IntN(deals)),
		From:     "qualified",
		To:       "proposal",
		Amount:   float64(w.rng.IntN(1e7)) / 100,
		Currency: "EUR",
		Reason:   "The customer asked for a proposal",
	}
}

func (w *workload) visit() visit {
	return visit{
		URL:      fmt.Sprintf("https://www.example.com/pricing?variant=%d", w.rng.IntN(1000)),
		Referrer: "https://search.example.org/?q=activity+timeline",
		Seconds:  w.rng.IntN(900),
		Pages:    1 + w.rng.IntN(9),
	}
}

func (w *workload) note() note {
	return note{
		Title: fmt.Sprintf("Call about contract %d", w.rng.IntN(1e5)),
		Text:  "They want the <new> terms by Friday; legal has seen the draft and agrees.",
	}
}
