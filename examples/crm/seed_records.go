package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// companies are accounts, and where the account above them stands.
type company struct {
	name, industry, city string
	above                int
}

var companies = map[string][]company{
	"acme": {
		{"Globex", "Energy", "Springfield", 0},
		{"Globex Europe", "Energy", "Amsterdam", 1},
		{"Globex Americas", "Energy", "Austin", 1},
		{"Globex Berlin", "Energy", "Berlin", 2},
		{"Globex Lyon", "Energy", "Lyon", 2},
		{"Globex Lima", "Energy", "Lima", 3},
		{"Hooli", "Software", "Palo Alto", 0},
		{"Hooli Cloud", "Software", "Seattle", 7},
		{"Hooli Cloud Madrid", "Software", "Madrid", 8},
		{"Umbrella Foods", "Food", "Bristol", 0},
		{"Umbrella Logistics", "Logistics", "Hamburg", 10},
		{"Vandelay", "Import and export", "New York", 0},
		{"Vandelay Industries GmbH", "Import and export", "Vienna", 0}, // turns out to be Vandelay
	},
	"initech": {
		{"Initrode", "Software", "Austin", 0},
		{"Initrode Labs", "Software", "Dallas", 1},
		{"Penetrode", "Security", "Houston", 0},
		{"Penetrode GmbH", "Security", "Munich", 0}, // turns out to be Penetrode
	},
}

var (
	firstNames = []string{"Hank", "Lena", "Tom", "Cleo", "Marta", "Igor", "Noor", "Pablo", "Yuki", "Aisha", "Émile", "Greta", "Óscar", "Mei", "Lars",
		"Zofia", "Diego", "Nadia", "Sven", "Ines"}
	lastNames = []string{"Scorpio", "Frank", "Rey", "Wu", "Álvarez", "Novak", "Haddad", "Silva", "Tanaka", "Bello", "Laurent", "Holm", "Peña", "Chen",
		"Berg", "Kowalska", "Fuentes", "Petrova", "Lind", "Costa"}
	jobs   = []string{"CTO", "Head of Sales", "Founder", "Buyer", "VP Engineering", "COO", "Office manager", "Data engineer"}
	cities = []string{"Berlin", "Lima", "Madrid", "Lyon", "Austin", "Bristol", "Vienna", "Lisbon"}
	stages = []string{"Lead", "Qualified", "Proposal", "Negotiation"}
	plans  = []string{"Pilot", "Renewal", "Expansion", "Platform", "Migration", "Support"}
)

// invent makes the records of the workspace.
func (s *seeder) invent() {
	s.campaigns = []activity.Entity{
		{Kind: "campaign", ID: "1", Label: "Spring outreach"}, {Kind: "campaign", ID: "2", Label: "Founders in Berlin"}, {Kind: "campaign", ID: "3", Label: "Win back"},
	}
	for i, c := range companies[s.workspace.id] {
		r := record{Workspace: s.workspace.id, Kind: "account", ID: strconv.Itoa(i + 1), Name: c.name, Title: c.industry, City: c.city}
		if c.above > 0 {
			r.Account = strconv.Itoa(c.above)
		}
		s.accounts = append(s.accounts, r)
	}
	for i := range s.volume.contacts {
		first, last := firstNames[i%len(firstNames)], lastNames[(i+i/len(firstNames))%len(lastNames)]
		account := pick(s.rand, s.accounts)
		r := invented(s.workspace.id, first, last, account)
		r.Title, r.City = pick(s.rand, jobs), pick(s.rand, cities)
		r.Phone = fmt.Sprintf("+49 30 5550%03d", i)
		s.contacts = append(s.contacts, r)
		since := -year
		if i%2 == 1 && i > 8 {
			since = -time.Duration(s.rand.IntN(350)+8) * 24 * time.Hour
		}
		s.added[r.ID] = s.now.Add(since)
	}
	for i := range s.volume.deals {
		account := pick(s.rand, s.accounts)
		s.deals = append(s.deals, record{
			Workspace: s.workspace.id, Kind: "deal", ID: strconv.Itoa(i + 1), Name: account.Name + ": " + plans[i%len(plans)], Account: account.ID,
		})
	}
}

// invented is a contact of an account.
func invented(workspace, first, last string, account record) record {
	domain := strings.ToLower(strings.Fields(account.Name)[0]) + ".test"
	email := strings.ToLower(plain(first) + "." + plain(last) + "@" + domain)
	return record{Workspace: workspace, Kind: "contact", ID: contactID(email), Name: first + " " + last, Email: email, Account: account.ID}
}

// plain takes the accents off the names above.
func plain(name string) string {
	return strings.NewReplacer("Á", "A", "É", "E", "Ó", "O", "ñ", "n", "á", "a").Replace(name)
}
