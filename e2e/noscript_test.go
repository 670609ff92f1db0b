package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// openWithout opens a tab in which no script of a page runs.
func openWithout(t *testing.T, h *crm) *tab {
	t.Helper()
	b := open(t, h)
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return b
}

// Without JavaScript each page is there, and what leads on leads to a page.
func TestPagesWithoutScript(t *testing.T) {
	h := serve(t)
	b := openWithout(t, h)
	for _, v := range views(h) {
		if strings.HasPrefix(v.name, "error") {
			continue // which the browser calls an error
		}
		b.visit(v.path)
		b.want(`document.querySelector("main h1").textContent.trim() !== ""`)
		b.want(`document.querySelector("dialog").open === false && document.getElementById("lost").hidden`)
		if strings.HasPrefix(v.name, "event") {
			b.want(`document.querySelector("main dl").textContent.includes("Occurred")`)
		}
	}
}

// Without JavaScript filters work, though the address has what was left empty.
func TestFiltersWithoutScript(t *testing.T) {
	h := serve(t)
	b := openWithout(t, h)
	b.visit("/")
	b.choose("select[name=kind]", "search")
	b.choose("select[name=status]", "cancelled")
	b.submit(theFilter)
	b.want(`[...document.querySelectorAll("tr.task .name")].map((e) => e.textContent).join() === "CTOs in Berlin"`)
	b.submit(withText(".filters a", "Clear"))
	b.submit(withText("thead a", "Status"))
	b.want(`document.querySelector("[aria-sort=descending]").textContent === "Status"`)
	b.submit(withText(".pager a", "Next page"))
	b.submit(withText(".pager a", "Previous page"))
	b.want(`document.querySelectorAll("tr.task").length === 50`)
	b.click(withText(".filters summary", "More filters"))
	b.fill("input[name=title]", "contacts.csv")
	b.submit(theFilter)
	b.click(one(".records summary"))
	b.until(`document.querySelector(".records").open && document.querySelector(".records .numbers").textContent.includes("60 created")`)
	b.submit(withText(".records a", "Open the report"))
	b.submit(withText(".tabs a", "Updated"))
	b.fill("#report input[name=search]", "Contact 10")
	b.submit(withText("#report .filters button", "Search"))
	b.want(`document.querySelectorAll(".outcomes tbody tr").length === 3`)
	b.visit("/feed")
	b.choose("select[name=type]", "note.added")
	b.choose("select[name=source]", "manual")
	b.submit(theFilter)
	b.want(`document.querySelectorAll("#events > .event").length > 5 && [...document.querySelectorAll("#events > .event > .what .type")].every((e) => e.textContent === "Note added")`)
	b.submit(one("#events > .event > .when"))
	b.want(`location.pathname.startsWith("/activity/events/") && document.querySelector("main dl") !== null`)
}

// Without JavaScript all actions work, after a page that asks.
func TestActionsWithoutScript(t *testing.T) {
	h := serve(t)
	b := openWithout(t, h)
	b.visit("/?title=Spring")
	b.submit(withText("tr .actions a", "Cancel"))
	b.want(`location.pathname.endsWith("/cancel")`)
	b.submit(withText(".confirm a", "Back"))
	b.submit(withText(".actions a", "Cancel"))
	b.fill("input[name=reason]", "too early")
	b.submit(one(".confirm button"))
	b.want(`document.querySelector("#report .notice").textContent.includes("Cancelled by Ana Ruiz: too early")`)
	b.submit(withText(".actions a", "Run again"))
	b.submit(one(".confirm button"))
	b.want(`document.querySelector(".facts .status").textContent === "queued" && document.querySelector(".facts-list").textContent.includes("Repeats")`)
	b.visit(h.task("contacts.csv") + "/undo")
	b.submit(one(".confirm button"))
	b.want(`document.querySelector(".facts-list").textContent.includes("Undoes")`)

	b.visit("/feed")
	b.submit(withText("button", "Mark as read"))
	b.want(`location.pathname === "/activity/feed" && document.querySelector(".unread") === null`)
	b.visit("/entity?of=account%3A1")
	b.fill("textarea", "without a script")
	b.submit(withText("button", "Add comment"))
	b.want(`document.querySelector("#events .event .line").textContent.includes("without a script")`)
	b.submit(one("#events > .event > .when"))
	b.fill("textarea", "and on that one")
	b.submit(withText("button", "Add comment"))
	b.want(`document.querySelector(".detail .event .line").textContent.includes("and on that one")`)
	b.fill("#find", "globex ber")
	b.submit(one(".find button"))
	b.want(`document.querySelector(".found .entity").textContent === "Globex Berlin"`)
	b.visit("/usage")
	b.choose("select[name=subject]", "identity:ana@linkedin")
	b.submit(withText("button", "Show"))
	b.want(`document.getElementById("invitations").textContent.includes("8 / 10")`)
}
