package activityhttp

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// static is an embedded file. Its address has a hash of its content, so browsers may keep it for good.
type static struct {
	address string
	kind    string
	data    []byte
	zipped  []byte
}

var statics = map[string]static{
	"activity.css": loadStatic("activity.css", "text/css; charset=utf-8"),
	"activity.js":  loadStatic("activity.js", "text/javascript; charset=utf-8"),
}

func loadStatic(name, kind string) static {
	data, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(data)
	stem, ending, _ := strings.Cut(name, ".")
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	_, _ = w.Write(data) // into memory
	_ = w.Close()
	return static{address: stem + "-" + hex.EncodeToString(sum[:6]) + "." + ending, kind: kind, data: data, zipped: zipped.Bytes()}
}

func serveStatic(w http.ResponseWriter, r *http.Request) {
	for _, s := range statics {
		if s.address != r.PathValue("name") {
			continue
		}
		w.Header().Set("Content-Type", s.kind)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("Vary", "Accept-Encoding")
		data := s.data
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			data = s.zipped
		}
		_, _ = w.Write(data)
		return
	}
	http.NotFound(w, r)
}

// encode writes parameters of an address: names and values in turns, without those that are empty.
func encode(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Add(pairs[i], pairs[i+1])
		}
	}
	return v.Encode()
}
