package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// images is where the screenshots of the documentation are, and mostImages how many bytes they may have in all.
const (
	images     = "../docs/images"
	mostImages = 3 << 20
)

// pictures are what there are screenshots of.
func pictures(h *crm) []view {
	return []view{{"activity", "/"}, {"report", h.task("contacts.csv")}, {"feed", "/feed?category=calls"}, {"entity", "/entity?of=account%3A1"}, {"usage", "/usage"}}
}

func imageName(v view, width int64, scheme string) string {
	return fmt.Sprintf("%s-%d-%s.webp", v.name, width, scheme)
}

// The screenshots are all there, and small. With -update they are made.
func TestImages(t *testing.T) {
	h := serve(t)
	var names []string
	for _, v := range pictures(h) {
		for _, width := range widths {
			for _, scheme := range schemes {
				names = append(names, imageName(v, width, scheme))
			}
		}
	}
	if *update {
		shoot(t, h)
	}
	files, err := os.ReadDir(images)
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
		if !slices.Contains(names, file.Name()) {
			t.Errorf("%s is a screenshot of nothing", file.Name())
		}
		names = slices.DeleteFunc(names, func(name string) bool { return name == file.Name() && info.Size() > 1000 })
	}
	if len(names) > 0 || total > mostImages {
		t.Errorf("%d bytes of at most %d; missing: %v", total, mostImages, names)
	}
}

// shoot writes the screenshots.
func shoot(t *testing.T, h *crm) {
	t.Helper()
	b := open(t, h)
	if err := os.MkdirAll(images, 0o755); err != nil {
		t.Fatal(err)
	}
	quality := int64(80)
	for _, v := range pictures(h) {
		for _, width := range widths {
			b.size(width, 900)
			b.visit(v.path)
			if v.name == "feed" {
				b.click(firstWhen)
				b.until(`document.querySelector(".panel h1") !== null`)
				b.eval("document.activeElement.blur()", nil)
			}
			for _, scheme := range schemes {
				b.scheme(scheme)
				shot := call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
				if err := os.WriteFile(filepath.Join(images, imageName(v, width, scheme)), shot.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
