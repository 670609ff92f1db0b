package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// wrongTimes are those that are not of the browser's zone, or whose title does not say when exactly.
const wrongTimes = `(() => {
	const times = [...document.querySelectorAll("time")];
	if (times.length < 5) return "there are only " + times.length;
	return times.filter((e) => {
		const at = new Date(e.dateTime), clock = at.toLocaleTimeString("en-GB");
		const [, whole, digits] = e.dateTime.match(/T(.*?)(?:[.](\d*))?Z/);
		const exact = whole + "." + (digits || "").padEnd(6, "0") + "Z";
		return !e.textContent.includes(clock.slice(0, 5)) || !e.title.startsWith(at.toLocaleDateString("en-CA") + " " + clock + ".") || !e.title.endsWith("· " + exact);
	}).map((e) => e.outerHTML).join(" ");
})()`

// From the first page on, times are in the zone of the browser. Their titles say them exactly.
func TestZone(t *testing.T) {
	h := serve(t)
	for _, zone := range []string{"Asia/Kolkata", "America/St_Johns"} {
		t.Run(zone, func(t *testing.T) {
			b := open(t, h)
			b.zone(zone)
			b.visit("/feed?type=call.completed")
			name := b.text("Intl.DateTimeFormat().resolvedOptions().timeZone") // which may be an older one
			b.until(`document.body.dataset.zone === ` + quoted(name) + ` && document.readyState === "complete"`)
			if bad := b.text(wrongTimes); bad != "" {
				t.Errorf("times are wrong: %s", bad)
			}
			b.visit("/usage")
			b.want(`document.body.dataset.zone === ` + quoted(name))
			pages := 0
			b.mu.Lock()
			for _, address := range b.requests {
				if strings.HasSuffix(address, "/usage") || strings.Contains(address, "/feed") {
					pages++
				}
			}
			b.mu.Unlock()
			if pages != 3 {
				t.Errorf("two pages took %d requests, instead of one more for the first", pages)
			}
		})
	}
}

// Who prefers Spanish gets it, with the host's labels.
func TestSpanish(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}})
	b.visit("/")
	b.want(`document.documentElement.lang === "es" && document.title === "Actividad · Acme CRM"`)
	b.want(`[...document.querySelectorAll(".sections a")].map((e) => e.textContent).join() === "Actividad,Novedades,Consumo"`)
	b.want(`[...document.querySelectorAll("tr.task .status")].every((e) => ["en cola", "en curso", "completada", "fallida", "cancelada"].includes(e.textContent))`)
	b.want(`[...document.querySelectorAll("tr.task .kind")].some((e) => e.textContent === "Búsqueda")`)
	b.visit("/feed?type=call.completed")
	b.want(`document.querySelector("#events .type").textContent === "Llamada" && document.querySelector("#events .line").textContent.includes("llamó a")`)
	b.click(firstWhen)
	b.until(`document.querySelector(".panel h1") !== null`)
	b.want(`document.querySelector(".panel").textContent.includes("Enlace permanente")`)
	b.visit("/feed")
	h.tell("record de otra parte")
	b.until(noted("anotó: de otra parte"))
}

// The cookie of the time zone is that of the pages, wherever they are.
func TestZoneBelowStatic(t *testing.T) {
	b := open(t, serveAt(t, "/of/static/activity"))
	b.zone("Europe/Madrid")
	b.visit("/feed")
	b.until(`document.body.dataset.zone === "Europe/Madrid"`)
	var paths []string
	for _, cookie := range call(b, network.GetCookies, network.GetCookiesParams{}).Cookies {
		paths = append(paths, cookie.Path)
	}
	if !slices.Equal(paths, []string{"/of/static/activity"}) {
		t.Errorf("there are cookies for %q", paths)
	}
}
