package e2e

import "testing"

// On a narrow screen the list can be sorted, and is a table to those who do not see it.
func TestNarrow(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.size(390, 900)
	b.visit("/")
	b.submit(withText("thead a", "Status"))
	b.want(`document.querySelector("[aria-sort=descending]").textContent === "Status"`)
	b.click(one(".task.completed .records summary"))
	b.until(`document.querySelector(".records .list") !== null`)
	const roles = `[...document.querySelectorAll(".list, .list *")].filter((e) => {
		const role = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell", TH: e.closest("thead") ? "columnheader" : "rowheader" }[e.tagName];
		return role && e.getAttribute("role") !== role;
	}).map((e) => e.outerHTML.slice(0, 100)).join("\n")`
	for _, path := range []string{"", h.task("contacts.csv")} {
		if path != "" {
			b.visit(path)
		}
		b.want(`document.querySelector(".list tbody th") !== null`)
		if got := b.text(roles); got != "" {
			t.Errorf("%s: without a role: %s", path, got)
		}
	}
}
