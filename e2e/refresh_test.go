package e2e

import "testing"

// What somebody has selected, or written and left, stays while a report goes on.
func TestReportInUse(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	id := h.tell("start 10 Third wave")
	b.visit("/tasks/" + id)
	b.eval(`getSelection().selectAllChildren(document.querySelector("#report .facts-list"))`, nil)
	selected := b.text("getSelection()")
	b.want(`getSelection().toString().includes("` + id + `")`)
	h.tell("report 3 Third wave")
	b.until(`document.querySelector("#report progress").value === 3`)
	if got := b.text("getSelection()"); got != selected {
		t.Errorf("of %q, %q is selected still", selected, got)
	}
	b.eval("getSelection().empty()", nil)
	b.fill("#report input[name=search]", "Reader")
	b.eval("document.activeElement.blur()", nil)
	h.tell("report 4 Third wave")
	b.until(`document.querySelector("#report progress").value === 7`)
	b.want(`document.querySelector("#report input[name=search]").value === "Reader"`)
}

// The indicators and the numbers of the tabs go on, as the lines do.
func TestNumbersGoOn(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit("/?category=engagement&status=processing")
	b.eval("window.kept = true", nil)
	const count, taken = `parseInt(document.querySelector(".tabs [aria-current] .count").textContent)`, `[...document.querySelectorAll("#meters meter")].reduce((sum, e) => sum + e.value, 0)`
	b.eval("window.before = {count: "+count+", taken: "+taken+"}", nil)
	b.want("before.count > 0 && before.taken > 0")
	h.tell("start 10 Third wave")
	h.tell("charge 2 Third wave")
	b.until(count + " === before.count + 1")
	b.until(taken + " === before.taken + 2")
	b.want("window.kept")
	b.want(`document.querySelectorAll("#meters").length === 1 && document.querySelector("main #meters") === null`)
	b.click(withText("tr .actions a", "Cancel"))
	b.until(`document.getElementById("panel").open`)
	b.want(`document.querySelectorAll(".meters").length === 1`)
}
