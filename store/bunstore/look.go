package bunstore

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-activity/activity"
)

// A look tells from an event or a task itself whether it is about one of many entities, or by one. It takes one descent, and a
// probe takes one for each feed. Entities are texts here: the length of the kind, the kind and the ID.
const (
	// The lists are no joins, so that they are read once and not for each event.
	pgLook = `
      AND (
        SELECT /*ACTOR*/(
          SELECT bool_or(length(e.about ->> i) || ':' || (e.about ->> i) || (e.about ->> (i + 1)) IN (SELECT unnest($N::text[])))
          FROM generate_series(0, json_array_length(e.about) - 3, 3) AS i
        )
        FROM /*TABLE*/ e
        WHERE e.id = f./*ID*/
        LIMIT 1
      )`
	pgLookActor = `length(e.actor_kind) || ':' || e.actor_kind || e.actor_id IN (SELECT unnest($N::text[])) OR `

	sqliteLook = `
      AND EXISTS (
        SELECT 1
        FROM /*TABLE*/ e
        WHERE e.id = f./*ID*/ AND (/*ACTOR*/EXISTS (
          SELECT 1
          FROM json_each(e.about) a
          WHERE a.key % 3 = 0
            AND length(a.value) || ':' || a.value || json_extract(e.about, '$[' || (a.key + 1) || ']') IN (SELECT value FROM json_each(?N))
        ))
      )`
	sqliteLookActor = `length(e.actor_kind) || ':' || e.actor_kind || e.actor_id IN (SELECT value FROM json_each(?N)) OR `
)

// looks writes looks at rows of a table, whose parameters follow others.
func looks(all []condition, look, lookActor, mark string, params int, table, id string) string {
	var text strings.Builder
	for i, c := range all {
		actor := ""
		if c.actor {
			actor = lookActor
		}
		one := strings.Replace(look, "/*ACTOR*/", actor, 1)
		text.WriteString(strings.NewReplacer(mark+"N", mark+strconv.Itoa(params+1+i), "/*TABLE*/", table, "/*ID*/", id).Replace(one))
	}
	return text.String()
}

// looked returns the entities of a condition as a look compares them.
func looked(entities []activity.Entity) []string {
	texts := make([]string, len(entities))
	for i, e := range entities {
		texts[i] = strconv.Itoa(utf8.RuneCountInString(e.Kind)) + ":" + e.Kind + e.ID
	}
	return texts
}

func pgLookArgs(looks []condition) []any {
	args := make([]any, len(looks))
	for i, c := range looks {
		args[i] = pgTexts(looked(c.entities))
	}
	return args
}

func sqliteLookArgs(looks []condition) []any {
	args := make([]any, len(looks))
	for i, c := range looks {
		args[i] = jsonList(looked(c.entities))
	}
	return args
}
