package activityhttp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// object is a JSON object.
type object = map[string]any

// description returns the description of the API as it is in its file.
var description = sync.OnceValue(func() object {
	data, err := os.ReadFile("openapi.json")
	if err != nil {
		panic(err)
	}
	v, err := decodeExact(data)
	if err != nil {
		panic(err)
	}
	return v.(object)
})

func decodeExact(data []byte) (v any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	err = decoder.Decode(&v)
	return v, err
}

// resolve follows references in the description.
func resolve(v any) object {
	o := v.(object)
	for o["$ref"] != nil {
		at := description()
		for _, name := range strings.Split(o["$ref"].(string), "/")[1:] {
			at = at[name].(object)
		}
		o = at
	}
	return o
}

// operation returns the description of a route.
func operation(method, pattern string) object {
	path, _ := description()["paths"].(object)[pattern].(object)
	op, _ := path[strings.ToLower(method)].(object)
	return op
}

// described makes sure that an answer of the API is as the description says.
func described(t testing.TB, r *http.Request, a answer) {
	t.Helper()
	path, ok := strings.CutPrefix(r.URL.Path, "/activity/api")
	if !ok {
		return
	}
	if a.StatusCode >= 400 {
		wantSchema(t, path, object{"$ref": "#/components/schemas/Problem"}, a.body)
		return
	}
	op := operation(r.Method, patternOf(path))
	if op == nil {
		t.Errorf("%s %s is not described, and answers %s", r.Method, path, a.Status)
		return
	}
	response, ok := op["responses"].(object)[fmt.Sprint(a.StatusCode)].(object)
	if !ok {
		t.Errorf("%s %s: the status %s is not described", r.Method, path, a.Status)
		return
	}
	media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	content, _ := response["content"].(object)
	switch described, ok := content[media].(object); {
	case !ok && (len(content) > 0 || a.body != ""):
		t.Errorf("%s %s: the type %q is not described", r.Method, path, media)
	case media == "application/json":
		wantSchema(t, path, described["schema"], a.body)
	}
}

// patternOf returns the path in the description that a path matches.
func patternOf(path string) string {
	paths := description()["paths"].(object)
	if paths[path] != nil {
		return path
	}
	parts := strings.Split(path, "/")
	for pattern := range paths {
		if slices.EqualFunc(strings.Split(pattern, "/"), parts, func(p, part string) bool { return p == part || p == "{id}" }) {
			return pattern
		}
	}
	return ""
}

func wantSchema(t testing.TB, what string, schema any, body string) {
	t.Helper()
	v, err := decodeExact([]byte(body))
	if err != nil {
		t.Errorf("%s: %v: %.300s", what, err, body)
		return
	}
	if err := conforms(v, resolve(schema)); err != nil {
		t.Errorf("%s: %v: %.300s", what, err, body)
	}
}

// conforms checks a value against the part of JSON Schema that the description uses.
func conforms(v any, schema object) error {
	for keyword := range schema {
		if !slices.Contains([]string{"type", "properties", "required", "items", "enum", "additionalProperties", "description", "format"}, keyword) {
			return fmt.Errorf("the keyword %q is not known here", keyword)
		}
	}
	if types := listOf(schema["type"]); !slices.Contains(types, any(typeOf(v))) && (typeOf(v) != "integer" || !slices.Contains(types, any("number"))) {
		return fmt.Errorf("%v is no %v", v, types)
	}
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, v) {
		return fmt.Errorf("%v is none of %v", v, enum)
	}
	switch v := v.(type) {
	case []any:
		for i, element := range v {
			if err := conforms(element, resolve(schema["items"])); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
	case object:
		return conformsObject(v, schema)
	}
	return nil
}

func conformsObject(v, schema object) error {
	for _, name := range listOf(schema["required"]) {
		if _, ok := v[name.(string)]; !ok {
			return fmt.Errorf("%v is missing", name)
		}
	}
	properties, _ := schema["properties"].(object)
	for _, name := range slices.Sorted(maps.Keys(v)) {
		property, ok := properties[name]
		if !ok {
			property = schema["additionalProperties"]
		}
		switch property {
		case false, nil:
			return fmt.Errorf("%s is not described", name)
		case true:
			continue
		}
		if err := conforms(v[name], resolve(property)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func listOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return "integer"
		}
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

// TestConforms has the checks of answers fail.
func TestConforms(t *testing.T) {
	total := object{"$ref": "#/components/schemas/Total"}
	for body, want := range map[string]string{
		`{"n":1,"more":false}`:           "",
		`{"n":1}`:                        "more is missing",
		`{"n":1.5,"more":false}`:         "n: 1.5 is no [integer]",
		`{"n":1,"more":false,"other":1}`: "other is not described",
		`[]`:                             "[] is no [object]",
	} {
		v, err := decodeExact([]byte(body))
		check(t, err)
		if err := conforms(v, resolve(total)); fmt.Sprint(err) != want && (err != nil || want != "") {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
	source := resolve(resolve(object{"$ref": "#/components/schemas/Event"})["properties"].(object)["source"])
	if conforms("manual", source) != nil || conforms("guessed", source) == nil {
		t.Error("a word is not checked")
	}
	list := object{"type": "array", "items": total}
	if err := conforms([]any{object{}}, list); err == nil {
		t.Error("elements are not checked")
	}
}
