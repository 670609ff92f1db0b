package storetest

import (
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// contract is what store.go says: the sentences of its lists and of the comments on the conditions
// of a query, which must have cases, and all its other sentences, which may.
type contract struct{ must, may []string }

func parseContract(t *testing.T) contract {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../store.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var c contract
	for _, group := range file.Comments {
		for _, block := range new(comment.Parser).Parse(group.Text()).Content {
			switch block := block.(type) {
			case *comment.List:
				for _, item := range block.Items {
					for _, paragraph := range item.Content {
						c.must = append(c.must, sentences(text(paragraph))...)
					}
				}
			case *comment.Paragraph:
				c.may = append(c.may, sentences(text(block))...)
			}
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.TypeSpec); ok && spec.Name.Name == "EventQuery" {
			for _, field := range spec.Type.(*ast.StructType).Fields.List {
				if field.Comment != nil {
					c.must = append(c.must, strings.TrimSpace(field.Comment.Text()))
				}
			}
		}
		return true
	})
	return c
}

// text returns a paragraph on one line.
func text(block comment.Block) string {
	var b strings.Builder
	for _, part := range block.(*comment.Paragraph).Text {
		switch part := part.(type) {
		case comment.Plain:
			b.WriteString(string(part))
		case *comment.DocLink:
			for _, inner := range part.Text {
				b.WriteString(string(inner.(comment.Plain)))
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

var sentenceEnd = regexp.MustCompile(`\. [A-Z]`)

func sentences(text string) []string {
	var list []string
	for {
		end := sentenceEnd.FindStringIndex(text)
		if end == nil {
			return append(list, text)
		}
		list = append(list, text[:end[0]+1])
		text = text[end[0]+2:]
	}
}

func TestEverySentenceHasACase(t *testing.T) {
	c := parseContract(t)
	if len(c.must) < 20 {
		t.Fatalf("store.go has only %d sentences to check: %q", len(c.must), c.must)
	}
	quoted := map[string]bool{}
	names := map[string]bool{}
	for _, test := range rules() {
		quoted[test.Rule] = true
		if !slices.Contains(c.must, test.Rule) && !slices.Contains(c.may, test.Rule) {
			t.Errorf("case %q quotes a sentence that is not in store.go: %s", test.name, test.Rule)
		}
		if names[test.name] {
			t.Errorf("there are two cases named %q", test.name)
		}
		names[test.name] = true
	}
	for _, sentence := range c.must {
		if !quoted[sentence] {
			t.Errorf("this sentence of store.go has no case: %s", sentence)
		}
	}
}

func TestSentences(t *testing.T) {
	got := sentences("One, e.g. this. Two is `a.B`. Three")
	if want := []string{"One, e.g. this.", "Two is `a.B`.", "Three"}; !slices.Equal(got, want) {
		t.Errorf("sentences = %q, want %q", got, want)
	}
}
