package activityhttp

import (
	"html/template"
	"strings"
)

// icons are drawn here, on 24 by 24, by the names that TypeOptions.Icon may have.
var icons = map[string]string{
	"mail":                "M3 6h18v12H3zM3 7l9 6 9-6",
	"mail-open":           "M3 10l9-6 9 6v10H3zM3 11l9 5 9-5",
	"mail-x":              "M21 11V6H3v12h9M3 7l9 6 9-6M16 16l5 5M21 16l-5 5",
	"mouse-pointer-click": "M9 9l12 4-5 3-3 5zM5 3v3M3 5h3M11 3l-1 3M3 11l3-1",
	"phone":               "M5 4h4l2 5-3 2a11 11 0 0 0 5 5l2-3 5 2v4a2 2 0 0 1-2 2A15 15 0 0 1 3 6a2 2 0 0 1 2-2z",
	"sticky-note":         "M5 4h14v10l-6 6H5zM13 20v-6h6",
	"note":                "M5 4h14v16H5zM9 9h6M9 13h6M9 17h3",
	"user-plus":           "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21a7 7 0 0 1 14 0M19 8v6M16 11h6",
	"archive":             "M3 4h18v4H3zM5 8v12h14V8M10 12h4",
	"trash":               "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6M14 11v6",
	"send":                "M21 3L3 10l7 3 3 7zM10 13l5-5",
	"message-square":      "M4 4h16v12H9l-5 4z",
	"comment":             "M4 4h16v12H9l-5 4zM8 8h8M8 12h5",
	"share":               "M12 15V3M8 7l4-4 4 4M5 12v8h14v-8",
	"arrow-right":         "M4 12h16M14 6l6 6-6 6",
	"trophy":              "M7 4h10v6a5 5 0 0 1-10 0zM7 6H3v2a4 4 0 0 0 4 4M17 6h4v2a4 4 0 0 1-4 4M12 15v5M8 20h8",
	"radar":               "M12 12l6-6M12 3a9 9 0 1 0 9 9M12 7a5 5 0 1 0 5 5",
	"sparkles":            "M10 4l2 6 6 2-6 2-2 6-2-6-6-2 6-2zM19 3v4M17 5h4",
	"task":                "M4 5h16v14H4zM8 12l3 3 5-6",
	"tree":                "M9 3h6v5H9zM3 16h6v5H3zM15 16h6v5h-6zM12 8v4M6 16v-4h12v4",
	"shield":              "M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6z",
	"dot":                 "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",

	// Those of the pages themselves.
	"search":   "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
	"download": "M12 3v12M8 11l4 4 4-4M4 20h16",
	"external": "M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9",
	"warning":  "M12 3l10 18H2zM12 10v5M12 18v.01",
	"undo":     "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
	"rerun":    "M20 11a8 8 0 1 0-2 6M20 5v6h-6",
	"cancel":   "M6 6l12 12M18 6L6 18",
	"clock":    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 3",
	"proof":    "M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6zM9 12l2 2 4-4",
}

var iconHTML = drawIcons()

func drawIcons() map[string]template.HTML {
	drawn := map[string]template.HTML{}
	for name, path := range icons {
		drawn[name] = template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="` + path + `"/></svg>`)
	}
	return drawn
}

// Icon draws an icon by its name. An address of the host is shown as an image; anything else as a dot.
func (p *page) Icon(name string) template.HTML {
	if drawn, ok := iconHTML[name]; ok {
		return drawn
	}
	if strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "//") {
		return `<img class="icon" alt="" src="` + escaped(name) + `">`
	}
	return iconHTML["dot"]
}
