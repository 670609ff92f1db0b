package bunstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/go-activity/activity"
)

// holdColumns are the columns that scanHold reads.
const holdColumns = `id, task, actor_kind, actor_id, actor_label, units, at, until, settled`

// scanHold reads holdColumns, which are all NULL if there is no hold, and what comes before them.
func scanHold(row scanner, key activity.QuotaKey, before ...any) (activity.Hold, error) {
	h := activity.Hold{Key: key}
	var kind, id, label sql.Null[string]
	var units sql.Null[int64]
	var settled sql.Null[bool]
	err := row.Scan(append(before, &h.ID, &h.Task, &kind, &id, &label, &units, instant{&h.At}, instant{&h.Until}, &settled)...)
	h.Actor = activity.Entity{Kind: kind.V, ID: id.V, Label: label.V}
	h.Units, h.Settled = units.V, settled.V
	return h, err
}

// quotaState reads rows of a counter, the time and holdColumns: one with the first two, and one for each hold.
func quotaState(ctx context.Context, db conn, key activity.QuotaKey, query string) (state activity.QuotaState, err error) {
	rows, err := db.QueryContext(ctx, query, key.Tenant, key.Quota, key.SubjectKind, key.SubjectID)
	if err != nil {
		return activity.QuotaState{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var counter []byte
		var now time.Time
		h, err := scanHold(rows, key, &counter, instant{&now})
		if err != nil {
			return activity.QuotaState{}, err
		}
		if !h.ID.IsZero() {
			state.Holds = append(state.Holds, h)
			continue
		}
		state.Now = now
		if err := state.Counter.UnmarshalBinary(counter); err != nil {
			return activity.QuotaState{}, err
		}
	}
	return state, rows.Err()
}

// quotaUses reads rows of a minute, an actor and units.
func quotaUses(ctx context.Context, db conn, query string, args ...any) ([]activity.QuotaUse, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []activity.QuotaUse
	for rows.Next() {
		var use activity.QuotaUse
		var start int64
		if err := rows.Scan(&start, &use.Actor.Kind, &use.Actor.ID, &use.Actor.Label, &use.Units); err != nil {
			return nil, err
		}
		use.Start = time.Unix(start*60, 0).UTC()
		found = append(found, use)
	}
	return found, rows.Err()
}

// quotaKeys reads rows of keys.
func quotaKeys(ctx context.Context, db conn, query string, args ...any) ([]activity.QuotaKey, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []activity.QuotaKey
	for rows.Next() {
		var key activity.QuotaKey
		if err := rows.Scan(&key.Tenant, &key.Quota, &key.SubjectKind, &key.SubjectID); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// minuteOf returns in which minute since 1970 a time is.
func minuteOf(t time.Time) int64 { return t.UnixMicro() / time.Minute.Microseconds() }

// useArgs are the arguments of a query for what was used.
func useArgs(q *activity.UseQuery, now any) []any {
	return keyArgs(q.Key, minuteOf(q.From), minuteOf(q.To), int64(q.Step/time.Minute), q.ByActor, now)
}

// keyArgs are the columns of a key and more arguments.
func keyArgs(key activity.QuotaKey, more ...any) []any {
	return append([]any{key.Tenant, key.Quota, key.SubjectKind, key.SubjectID}, more...)
}

func keysOf(meters []meter) []activity.QuotaKey {
	keys := make([]activity.QuotaKey, len(meters))
	for i := range meters {
		keys[i] = meters[i].key
	}
	return keys
}

// scanMeter reads a counter, what is due, and whether something is settled, and what comes after them.
func scanMeter(row scanner, key activity.QuotaKey, more ...any) (meter, error) {
	m := meter{key: key}
	var counter []byte
	if err := row.Scan(append([]any{&counter, instant{&m.due}, &m.settled}, more...)...); err != nil {
		return meter{}, err
	}
	return m, m.counter.UnmarshalBinary(counter)
}
