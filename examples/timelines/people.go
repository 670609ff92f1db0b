package main

import (
	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
	"github.com/go-activity/activity/examples/crm/contacts"
)

// Who does something: people, the identities that the host acts through, and its subsystems.
var (
	ana = activity.User("ana", "Ana")
	ben = activity.User("ben", "Ben")

	anaOnLinkedIn = activity.Identity("linkedin:ana", "Ana on LinkedIn")
	anaByEmail    = activity.Identity("mailto:ana@acme.test", "Ana’s mailbox")

	radar = activity.System("Radar") // which watches companies
)

// What events are about.
var (
	globex  = catalogue.Account("7", "Globex")
	initech = catalogue.Account("8", "Initech")

	globexBerlin = catalogue.Account("17", "Globex Berlin") // a subsidiary of Globex
	initechGmbH  = catalogue.Account("18", "Initech GmbH")  // which turns out to be Initech

	hank = contacts.Contact{Entity: catalogue.Contact("31", "Hank Scorpio"), Account: globex}
	lena = contacts.Contact{Entity: catalogue.Contact("32", "Lena Frank"), Account: globex}
	tom  = contacts.Contact{Entity: catalogue.Contact("33", "Tom Rey"), Account: initech}
	cleo = contacts.Contact{Entity: catalogue.Contact("41", "Cleo Wu"), Account: initech} // imported

	weatherMachine = catalogue.Deal("42", "Weather machine")
)
