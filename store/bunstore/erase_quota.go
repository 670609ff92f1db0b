package bunstore

import (
	"context"
	"slices"

	"github.com/go-activity/activity"
)

// minute is what an actor used of a key in a minute since 1970.
type minute struct {
	key activity.QuotaKey
	n   int64
}

// eraseUses deletes what is kept of the entity as a subject of quotas, and makes what it used that of nobody. Uses are
// changed by who has locked their key, see quota.go. What holds an entity's units was charged by it in a minute that is known.
func (e *eraser) eraseUses(ctx context.Context) error {
	if e.left == 0 {
		return nil
	}
	texts := e.engine.eraseTexts()
	subjects, err := quotaKeys(ctx, e.tx, texts.subjectKeys, e.Tenant, e.Entity.Kind, e.Entity.ID)
	if err != nil {
		return err
	}
	used, err := e.minutes(ctx, e.left)
	if err != nil || len(subjects)+len(used) == 0 {
		return err
	}
	keys := slices.Clone(subjects)
	for _, m := range used {
		keys = append(keys, m.key)
	}
	slices.SortFunc(keys, activity.QuotaKey.Compare)
	keys = slices.Compact(keys)
	for some := range slices.Chunk(keys, activity.MaxMeters) {
		if _, _, err := e.engine.lockMeters(ctx, e.Store, some); err != nil {
			return err
		}
	}
	before := e.left
	for _, key := range subjects {
		if err := e.eraseSubject(ctx, key); err != nil {
			return err
		}
	}
	used = slices.DeleteFunc(used, func(m minute) bool { return slices.Contains(subjects, m.key) })
	used = used[:min(len(used), e.left)]
	e.left -= len(used)
	e.done.Uses = before - e.left
	if len(used) == 0 {
		return nil
	}
	return e.engine.disown(ctx, e.Store, e.Entity, used)
}

// minutes returns in which minutes the entity used something.
func (e *eraser) minutes(ctx context.Context, limit int) ([]minute, error) {
	rows, err := e.tx.QueryContext(ctx, e.engine.eraseTexts().minutesOf, e.Tenant, e.Entity.Kind, e.Entity.ID, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []minute
	for rows.Next() {
		var m minute
		if err := rows.Scan(&m.key.Tenant, &m.key.Quota, &m.key.SubjectKind, &m.key.SubjectID, &m.n); err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	return found, rows.Err()
}

// eraseSubject deletes what is kept of a key, as far as the limit goes: the key itself last.
func (e *eraser) eraseSubject(ctx context.Context, key activity.QuotaKey) error {
	if e.left == 0 {
		return nil
	}
	texts := e.engine.eraseTexts()
	result, err := e.tx.ExecContext(ctx, texts.deleteUses, keyArgs(key, e.left)...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return err
	}
	if e.left -= int(n); e.left == 0 {
		return nil
	}
	for _, text := range []string{texts.deleteHolds, texts.deleteKey} {
		if _, err := e.tx.ExecContext(ctx, text, keyArgs(key)...); err != nil {
			return err
		}
	}
	e.left--
	return nil
}
