package bunstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-activity/activity"
)

// FeedKey is the key of an entity's feed.
func FeedKey(tenant string, e activity.Entity) int64 {
	return feedKey(ofEntity, tenant, e.Kind, e.ID)
}

// FeedStatement returns the statement that answers a query, with its arguments.
func (s *Store) FeedStatement(ctx context.Context, q activity.EventQuery) (string, []any, error) {
	db, done := s.reader()
	defer done()
	w, err := s.plan(ctx, db, &q)
	if err != nil {
		return "", nil, err
	}
	w.limit = q.Limit
	if _, ok := s.engine.(postgres); ok {
		return pgFeedText(&w), pgFeedArgs(&w), nil
	}
	return sqliteFeedText(&w), sqliteFeedArgs(&w), nil
}

// OtherStatements returns what else Feed and Event send.
func (s *Store) OtherStatements() map[string][]any {
	if _, ok := s.engine.(postgres); ok {
		return map[string][]any{
			pgCount:      {"{1,2}", 10},
			pgCountTypes: {"{1,2}", 10, `{"a","b"}`},
			pgByID:       {lastID.String()},
			pgByKeys:     {"acme", `{"k","l"}`},
		}
	}
	return map[string][]any{
		sqliteCount:      {"[1,2]", 10},
		sqliteCountTypes: {"[1,2]", 10, `["a","b"]`},
		sqliteByID:       {lastID[:]},
		sqliteByKeys:     {"acme", `["k","l"]`},
	}
}

// Literal writes an argument into SQL text.
func Literal(arg any) string {
	if s, ok := arg.(string); ok {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return fmt.Sprint(arg)
}
