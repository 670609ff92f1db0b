package main

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

const tenant = "acme"

// Who does something. Ana is who looks.
var (
	ana           = activity.User("ana@acme.test", "Ana Ruiz")
	ben           = activity.User("ben@acme.test", "Ben Okafor")
	anaOnLinkedIn = activity.Identity("ana@linkedin", "Ana Ruiz on LinkedIn")
	radar         = activity.System("Radar")
)

// What events are about.
var (
	globex       = catalogue.Account("1", "Globex Corporation")
	globexBerlin = catalogue.Account("2", "Globex Berlin") // below it
	initech      = catalogue.Account("3", "Initech")
	initechGmbH  = catalogue.Account("4", "Initech GmbH") // which is merged into it
	machine      = catalogue.Deal("1", "Weather machine")

	people = []activity.Entity{
		catalogue.Contact("1", "Hank Scorpio"), catalogue.Contact("2", "Lena Müller"), catalogue.Contact("3", "Tomás Ortega"),
		catalogue.Contact("4", "Cleo Adeyemi"), catalogue.Contact("5", "Ada Lovelace"), catalogue.Contact("6", "Grace Hopper"),
	}
	gone = catalogue.Contact("7", "Milton Waddams") // who is erased
)

// link is where the CRM has the page of an entity.
func link(e activity.Entity) string {
	switch {
	case e.Is(hostileContact):
		return hostileLink
	case e.Kind == "account" || e.Kind == "contact" || e.Kind == "deal":
		return "/" + e.Kind + "s/" + e.ID
	}
	return ""
}

func header(*http.Request) template.HTML {
	return `<nav class="host-nav" aria-label="Acme CRM"><a href="/">Acme CRM</a> <a href="/accounts">Accounts</a></nav>`
}

// translate finds a label of the catalogue in Spanish by the one in English.
func translate(locale, label string) string {
	if !strings.HasPrefix(locale, "es") {
		return label
	}
	for _, labels := range []func(catalogue.Labels) map[string]string{
		func(l catalogue.Labels) map[string]string { return l.Types },
		func(l catalogue.Labels) map[string]string { return l.Categories },
		func(l catalogue.Labels) map[string]string { return l.Kinds },
		func(l catalogue.Labels) map[string]string { return l.Outcomes },
	} {
		for name, english := range labels(catalogue.English) {
			if translated := labels(catalogue.Spanish)[name]; translated != "" && (english == label || name == label) {
				return translated
			}
		}
	}
	return label
}
