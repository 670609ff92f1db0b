package e2e

import (
	"strings"
	"testing"
)

// A task is cancelled from its row, with a reason, after a question.
func TestCancel(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/?title=Spring")
	b.click(withText("tr .actions a", "Cancel"))
	b.until(`document.querySelector(".panel .confirm") !== null`)
	b.click(withText(".panel .confirm a", "Back"))
	b.until(`!document.getElementById("panel").open`)
	b.want(`document.querySelector("tr .status").textContent === "processing"`)
	b.click(withText("tr .actions a", "Cancel"))
	b.until(`document.getElementById("panel").open`)
	b.fill(".panel input[name=reason]", "too <early>")
	b.submit(one(".panel .confirm button"))
	b.want(`location.pathname.startsWith("/activity/tasks/") && document.querySelector(".facts .status").textContent === "cancelled"`)
	b.want(`document.querySelector("#report .notice").textContent.includes("Cancelled by Ana Ruiz: too <early>")`)
	b.want(`[...document.querySelectorAll(".actions a")].every((e) => e.textContent.trim() !== "Cancel")`)
}

func TestRerun(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	old := h.task("Target accounts")
	b.visit(old)
	b.click(withText(".actions a", "Run again"))
	b.until(`document.querySelector(".panel .confirm") !== null`)
	b.submit(one(".panel .confirm button"))
	b.want(`document.querySelector(".facts .status").textContent === "queued"`)
	b.want(`location.pathname !== "/activity` + old + `" && document.querySelector('.facts-list a[href="/activity` + old + `"]') !== null`)
}

func TestUndo(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	old := h.task("contacts.csv")
	b.visit(old)
	b.click(withText(".actions a", "Undo"))
	b.until(`document.querySelector(".panel .confirm") !== null`)
	b.submit(one(".panel .confirm button"))
	b.want(`document.querySelector(".facts .status").textContent === "completed" && document.querySelector(".facts-list").textContent.includes("Undoes")`)
	b.want(`[...document.querySelectorAll(".tabs .count")].at(0).textContent === "80"`)
	b.visit(old)
	b.want(`document.querySelector(".facts-list").textContent.includes("Undone by") && [...document.querySelectorAll(".actions a")].every((e) => e.textContent.trim() !== "Undo")`)
}

// A comment is on the page that it was written on.
func TestComment(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit("/entity?of=account%3A1")
	b.fill("textarea", "April is <fine>")
	b.submit(withText("button", "Add comment"))
	b.want(`location.search === "?of=account%3A1" && document.querySelector("#events .event .line").textContent.includes("April is <fine>")`)

	call := h.event("call.completed")
	b.visit("/feed?type=call.completed")
	b.click(firstWhen)
	b.until(`document.querySelector(".panel textarea") !== null`)
	b.fill(".panel textarea", "I have called back")
	b.submit(withText(".panel button", "Add comment"))
	b.want(`location.pathname === "/activity` + call + `"`)
	b.want(`[...document.querySelectorAll(".detail .event .line")].map((e) => e.textContent.includes("who calls back?") + "," + e.textContent.includes("I have called back")).join() === "true,false,false,true"`)
}

// What is new is marked, until it is marked as read.
func TestMarkRead(t *testing.T) {
	b := open(t, serve(t))
	for _, path := range []string{"/feed", "/entity?of=account%3A1"} {
		b.visit(path)
		b.want(`document.querySelector(".unread").textContent.includes("new since you last looked") && document.querySelector(".event.new") !== null`)
		b.submit(withText("button", "Mark as read"))
		b.want(`document.querySelector(".unread") === null && document.querySelector(".event.new") === null && document.querySelector(".event") !== null`)
		if got := b.text("location.pathname + location.search"); got != "/activity"+path {
			t.Errorf("it leads to %s", got)
		}
	}
}

// Who is searched for is found by the beginnings of words, from any page.
func TestSearch(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/")
	b.fill("#find", "glob ber")
	b.submit(one(".find button"))
	b.want(`location.pathname + location.search === "/activity/search?q=glob+ber"`)
	if got := b.list(`[...document.querySelectorAll(".found .entity")].map((e) => e.textContent)`); strings.Join(got, ", ") != "Globex Berlin" {
		t.Errorf("found: %v", got)
	}
	b.submit(one(".found .entity"))
	b.want(`document.querySelector("h1").textContent === "Globex Berlin" && document.querySelector(".crumbs").textContent.includes("Globex Corporation")`)
}

// Usage is of all together, or of somebody; its charts are tables, too.
func TestUsage(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/usage")
	b.want(`document.getElementById("workspace_emails").textContent.includes("14 / 250")`)
	b.choose("select[name=subject]", "identity:ana@linkedin")
	b.submit(withText("button", "Show"))
	b.want(`location.search === "?subject=identity%3Aana%40linkedin" && document.querySelector("select[name=subject]").selectedOptions[0].textContent === "Ana Ruiz on LinkedIn"`)
	b.want(`document.getElementById("invitations").textContent.includes("8 / 10") && document.querySelector("#invitations li.high meter").value === 8`)
	b.want(`document.querySelectorAll("#invitations rect").length === 2`)
	b.click(withText("#invitations summary", "As a table"))
	b.until(`document.querySelector("#invitations details").open`)
	b.want(`document.querySelectorAll("#invitations details")[0].querySelectorAll("tbody tr").length === 24`)
	b.want(`[...document.querySelectorAll("#invitations details")[0].querySelectorAll("td")].reduce((sum, e) => sum + Number(e.textContent), 0) === 8`)
}
