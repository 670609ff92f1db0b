package activity

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Link returns the address of an entity's page, as [Config.Link] has it, or the empty string if it has none. Who was
// erased and the zero Entity have none.
//
// What is returned can stand in a page's href, escaped like all text. It is an http or https URL with a host and
// without a user, or relative: a path, a query or a fragment. Anything else that Config.Link returns counts as none:
// another scheme such as javascript, //host/path, which looks like a path and leads elsewhere, and what no
// URL has in it, as are spaces, backslashes, quotes, control and invisible characters; so do more than
// [MaxLink] bytes.
func (j *Journal) Link(e Entity) string {
	if j.shared.link == nil || e.IsZero() || e.IsErased() {
		return ""
	}
	link := j.shared.link(e)
	if !isLink(link) {
		return ""
	}
	return link
}

// isLink reports whether a text is an address that a page can link to, in the host or on the web.
func isLink(link string) bool {
	if len(link) > MaxLink || !utf8.ValidString(link) || strings.ContainsFunc(link, foreignToLinks) {
		return false
	}
	if strings.HasPrefix(link, "//") {
		return false // browsers take the scheme of the page, and what follows as the host
	}
	u, err := url.Parse(link)
	switch {
	case err != nil || u.User != nil:
		return false
	case u.Scheme == "http" || u.Scheme == "https": // in lower case, however it was written
		return u.Hostname() != ""
	}
	return u.Scheme == ""
}

// foreignToLinks reports whether a character is in no URL. Browsers pass over some of them, and take a backslash for a slash.
func foreignToLinks(r rune) bool {
	return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("\\\"<>`", r)
}
