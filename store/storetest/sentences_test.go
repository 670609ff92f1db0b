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

// contract is what store.go and the files beside it say: the sentences of their lists and the comments on the
// fields of queries, which must have cases, and all other sentences and comments on fields, which may.
type contract struct {
	must, may []string
	fields    map[string]string // the comments of the queries' fields, by "EventQuery.About"
}

// queries are the structs whose fields are conditions, each of which must have a case.
var queries = []string{"EventQuery", "TaskFilter", "OutcomeFilter", "EntryQuery", "EraseQuery", "ReportsQuery", "EntityQuery", "RelativesQuery", "ReadMark"}

func parseContract(t *testing.T) contract {
	t.Helper()
	c := contract{fields: map[string]string{}}
	for _, name := range []string{"", "_task", "_quota", "_ledger", "_directory", "_relation", "_mark", "_erase"} {
		file, err := parser.ParseFile(token.NewFileSet(), "../../store"+name+".go", nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		c.read(file)
	}
	return c
}

func (c *contract) read(file *ast.File) {
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
		spec, ok := node.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if fields, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range fields.Fields.List {
				if field.Comment == nil {
					continue
				}
				said := strings.TrimSpace(field.Comment.Text())
				c.may = append(c.may, said)
				for _, name := range field.Names {
					if slices.Contains(queries, spec.Name.Name) {
						c.fields[spec.Name.Name+"."+name.Name] = said
					}
				}
			}
		}
		return true
	})
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
	if len(c.must) < 50 || len(c.fields) < 30 {
		t.Fatalf("the contract has only %d sentences and %d fields to check: %q", len(c.must), len(c.fields), c.must)
	}
	quoted := map[string]bool{}
	names := map[string]bool{}
	for _, test := range rules() {
		for _, sentence := range sentences(test.Rule) {
			quoted[sentence] = true
			if !slices.Contains(c.must, sentence) && !slices.Contains(c.may, sentence) {
				t.Errorf("case %q quotes a sentence that is not in the contract: %s", test.name, sentence)
			}
		}
		field, _, _ := strings.Cut(test.name, ",")
		if said, ok := c.fields[field]; ok && said == test.Rule {
			delete(c.fields, field)
		}
		if names[test.name] {
			t.Errorf("there are two cases named %q", test.name)
		}
		names[test.name] = true
	}
	for _, sentence := range c.must {
		if !quoted[sentence] {
			t.Errorf("this sentence of the contract has no case: %s", sentence)
		}
	}
	for field, said := range c.fields {
		t.Errorf("there is no case named %s that quotes its comment: %s", field, said)
	}
}

func TestSentences(t *testing.T) {
	got := sentences("One, e.g. this. Two is `a.B`. Three")
	if want := []string{"One, e.g. this.", "Two is `a.B`.", "Three"}; !slices.Equal(got, want) {
		t.Errorf("sentences = %q, want %q", got, want)
	}
}
