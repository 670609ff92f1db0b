package bunstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun/migrate"

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

// CountStatement returns the statement that counts what a query selects, with its arguments.
func (s *Store) CountStatement(ctx context.Context, q activity.EventQuery) (string, []any, error) {
	db, done := s.reader()
	defer done()
	w, err := s.plan(ctx, db, &q)
	if err != nil {
		return "", nil, err
	}
	w.limit = q.Limit
	if _, ok := s.engine.(postgres); ok {
		return pgCountTypesText(&w), pgCountTypesArgs(&w), nil
	}
	return sqliteCountTypesText(&w), sqliteCountTypesArgs(&w), nil
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

// TaskStatements returns the statements that list and count what a filter selects.
func (s *Store) TaskStatements(ctx context.Context, f activity.TaskFilter) (map[string][]any, error) {
	db, done := s.reader()
	defer done()
	w, err := s.planTasks(ctx, db, &f)
	if err != nil {
		return nil, err
	}
	w.limit = f.Limit
	if _, ok := s.engine.(postgres); ok {
		text, args := pgTasks(&w)
		return map[string][]any{text: args, pgTaskText(&w, pgCountTasks, pgCountTasksOfIDs): pgTaskArgs(&w)}, nil
	}
	text, args := sqliteTasks(&w)
	return map[string][]any{text: args, sqliteTaskText(&w, sqliteCountTasks, sqliteCountTasksOfIDs): sqliteTaskArgs(&w)}, nil
}

// OutcomeStatement returns the statement that lists what a filter selects.
func (s *Store) OutcomeStatement(f activity.OutcomeFilter) (string, []any) {
	w := planOutcomes(&f)
	w.limit = f.Limit
	if _, ok := s.engine.(postgres); ok {
		return pgOutcomeText(&w), pgOutcomeArgs(&w)
	}
	return sqliteOutcomeText(&w), sqliteOutcomeArgs(&w)
}

// OtherTaskStatements returns what else is sent for tasks, but for what inserts.
func (s *Store) OtherTaskStatements(t activity.Task) map[string][]any {
	e := s.engine
	now := e.time(t.QueuedAt)
	started := t.Clone()
	started.Status, started.StartedAt = activity.StatusProcessing, t.QueuedAt.Add(time.Second)
	change := &taskChange{&t, &started, &activity.EventRow{Event: activity.Event{ID: t.ID, Tenant: t.Tenant, Type: "task.started", Task: t.ID, Payload: []byte("{}")}, Salts: make([]byte, 32)}}
	if _, ok := e.(postgres); ok {
		update, args, err := pgUpdateTask(change, 0)
		if err != nil {
			panic(err)
		}
		return map[string][]any{
			update:        args,
			pgTaskByID:    {t.ID, t.Tenant},
			pgTaskByKey:   {t.Tenant, "k"},
			pgLockTask:    {t.ID, t.Tenant},
			pgLostTasks:   {now, pgTexts([]string{t.Kind, "other"}), 50},
			pgAdmission:   {t.ID, t.Tenant, now, 3},
			pgBacklog:     {pgTexts([]string{t.Kind, "other"}), "", 50},
			pgCandidates:  {pgTexts([]string{t.Tenant, t.Tenant}), pgTexts([]string{t.Kind, "other"}), "{0,3}", now, 16},
			pgTake:        {"{" + t.ID.String() + "}", now},
			pgTally:       {t.ID, t.Tenant},
			pgInsertTally: {t.ID, t.Tenant, "{a,b}", "{1,2}"},
		}
	}
	set, values, err := change.set(e)
	if err != nil {
		panic(err)
	}
	return map[string][]any{
		sqliteUpdates[set]:   append([]any{t.ID[:], t.Revision}, values...),
		sqliteTaskByID:       {t.ID[:], t.Tenant},
		sqliteTaskByKey:      {t.Tenant, "k"},
		sqliteMoveTask:       {1, 2, now, jsonList(facetsOf(&t)), t.Preview, now, t.ID[:]},
		sqliteLostTasks:      {now, jsonList([]string{t.Kind, "other"}), 50},
		sqliteAdmission:      {t.ID[:], t.Tenant, now, 3},
		sqliteBacklog:        {jsonList([]string{t.Kind, "other"}), "", 50},
		sqliteOldest:         {t.Tenant, t.Kind, now},
		sqliteOldestOfPlaces: {t.Tenant, t.Kind, now, 3},
		sqliteTally:          {t.ID[:], t.Tenant},
	}
}

// QuotaStatements returns what is sent for quotas, but for what only inserts: for some keys, and for the first of them.
func (s *Store) QuotaStatements(keys []activity.QuotaKey, id, task activity.ID, at time.Time) map[string][]any {
	e, first, now := s.engine, keys[0], s.engine.time(at)
	use := activity.UseQuery{Key: first, From: at.Add(-time.Hour), To: at.Add(time.Hour), Step: time.Minute, ByActor: true}
	if e, ok := e.(postgres); ok {
		meters := make([]meter, len(keys))
		times, units, list := new(pgArray), new(pgArray), new(pgArray)
		for i, key := range keys {
			meters[i] = meter{key: key, recount: true}
			times.time(at)
			units.int(1)
			list.bool(true)
		}
		set, err := pgMeters(meters)
		if err != nil {
			panic(err)
		}
		who := []any{id, task, "user", "ana", "Ana", 1}
		one, err := e.chargeOne(&meters[0], []activity.Hold{{Until: at}})
		if err != nil {
			panic(err)
		}
		return map[string][]any{
			pgLockMeter:    keyArgs(first),
			pgLockMeters:   pgKeys(keys),
			pgTakeDue:      append(pgKeys(keys), times.String(), 10),
			pgSetMeters:    set,
			pgChargeMeter:  append(one, who...),
			pgChargeMeters: append(append(slices.Clone(set), times.String(), units.String(), times.String()), who...),
			pgSettleHold:   keyArgs(first, id, 1, now),
			pgLockHolds:    append(pgKeys(keys), id),
			pgUpdateHolds:  append(pgKeys(keys), id, units.String(), times.String(), list.String()),
			pgReleaseHolds: {first.Tenant, task},
			pgDueKeys:      {now, 1000},
			pgQuotaState:   keyArgs(first),
			pgQuotaUse:     useArgs(&use, now),
			pgForgetUse:    {first.Quota, now, 3600.0, 1000},
		}
	}
	return map[string][]any{
		sqliteMeter:        keyArgs(first),
		sqliteTakeSettled:  keyArgs(first, 10),
		sqliteTakeExpired:  keyArgs(first, 10, now),
		sqliteGiveBack:     keyArgs(first, 1, "user", "ana", 1),
		sqliteSetMeter:     keyArgs(first, nil, now),
		sqliteRecountMeter: keyArgs(first, nil, now),
		sqliteHold:         keyArgs(first, id[:]),
		sqliteUpdateHold:   keyArgs(first, id[:], 1, now, 0),
		sqliteDeleteHold:   keyArgs(first, id[:]),
		sqliteReleaseEmpty: {first.Tenant, task[:]},
		sqliteReleaseHolds: {first.Tenant, task[:]},
		sqliteDueKeys:      {now, 1000},
		sqliteQuotaState:   keyArgs(first),
		sqliteQuotaUse:     useArgs(&use, now),
		sqliteForgetUse:    {first.Quota, 1, 1000},
	}
}

// LedgerStatements returns what is sent for the ledger and for consumers, but for what only inserts, and for lists of all consumers.
// Those of entries come in the order of an index.
func (s *Store) LedgerStatements(tenant string, id activity.ID, after activity.Position) (entries, others map[string][]any) {
	e := s.engine
	texts, consumers := e.ledgerTexts(), e.consumerTexts()
	entries, others = map[string][]any{}, map[string][]any{}
	for _, q := range []activity.EntryQuery{{After: after, Limit: 100}, {Tenant: tenant, Index: 10, Limit: 100}, {Tenant: tenant, After: after, Limit: 100}} {
		text, args := entriesQuery(texts, &q)
		entries[text] = args
	}
	others[texts.unsealed] = nil
	others[texts.entry] = []any{e.key(id)}
	others[texts.head] = []any{tenant}
	others[texts.strays] = []any{tenant, e.key(id), maxStrayed}
	others[texts.ledgers] = []any{"", 100}
	now := e.now(time.Unix(1e9, 0))
	others[consumers.take] = []any{"c", e.id(id), now, 1000}
	others[consumers.consumer] = []any{"c"}
	others[consumers.parked] = []any{"c", 1, 100}
	others[consumers.unpark] = []any{"c", 1}
	if e, ok := e.(postgres); ok {
		others[pgResetConsumer] = []any{"c", 1, now}
		others[pgWaits], others[pgTurn], others[pgTurnIsDue] = nil, nil, []any{1}
		others[pgHeads] = []any{pgTexts([]string{tenant, "b"})}
		others[pgLeaves] = []any{pgTexts([]string{tenant, "b"}), "{1,2}", "{3,4}"}
		others[pgTiles] = []any{tenant, "{0,1}", "{0,0}"}
		others[pgMoveConsumer] = pgMoveColumns(e, &activity.ConsumerMove{Name: "c", Holder: id, Park: []activity.Parked{{Position: 1}}})
		return entries, others
	}
	others[sqliteWaits], others[sqliteLast] = nil, nil
	others[sqliteWaiting], others[sqliteDeleteWaiting] = []any{5000}, []any{1}
	others[sqliteHeads] = []any{jsonList([]string{tenant, "b"})}
	others[sqliteLeaves] = []any{tenant, 1, 2}
	others[sqliteTiles] = []any{tenant, "[[0,1],[0,0]]"}
	others[sqliteMoveConsumer] = []any{"c", e.id(id), 1, 0, "", nil, false}
	return entries, others
}

// AfterPrefix is the end of the range of words that begin with a prefix.
func AfterPrefix(prefix string) string { return afterPrefix(prefix) }

// DirectoryStatements returns what is sent for the directory, but for what only inserts. Those of words come in the order of an index.
func (s *Store) DirectoryStatements(tenant string) (words, others map[string][]any) {
	texts := s.engine.directoryTexts()
	words = map[string][]any{
		texts.countWords: {tenant, s.engine.texts([]string{"person", "x"}), s.engine.texts([]string{"persoo", "y"}), fewFound + 1},
		texts.candidates: {tenant, "person", "persoo", activity.MaxFound + 1},
		texts.unindexed:  {2000},
	}
	others = map[string][]any{
		texts.behind:      nil,
		texts.deleteName:  {tenant, "contact", "5"},
		texts.deleteWords: {tenant, "contact", "5", s.engine.texts([]string{"a", "b"})},
	}
	if _, ok := s.engine.(postgres); ok {
		others[pgNames] = []any{`{acme,acme}`, `{contact,contact}`, `{1,2}`}
	} else {
		others[sqliteNames] = []any{`[["acme","contact","1"],["acme","contact","2"]]`}
	}
	return words, others
}

// SetPatience sets how long Listen waits for its own notification.
func (s *Store) SetPatience(d time.Duration) { s.patience = d }

// SetTurns sets from how many bytes on the pending tables change their roles, and how often that is tried.
func (s *Store) SetTurns(size int64, pause time.Duration) { s.turns.size, s.turns.pause = size, pause }

// EndTurn lets the pending tables change their roles, if activity_pending_b is being filled or not.
func (s *Store) EndTurn(ctx context.Context, b bool) error { return postgres{}.endTurn(ctx, s, b) }

// MigrateDown undoes one migration, as if the program had never known it.
func (s *Store) MigrateDown(ctx context.Context, name string) error {
	migrations, err := s.migrations()
	if err != nil {
		return err
	}
	for _, m := range migrations.Sorted() {
		if m.Name != name {
			continue
		}
		if err := m.Down(ctx, migrate.NewMigrator(s.write, migrations), &m); err != nil {
			return err
		}
	}
	_, err = s.write.ExecContext(ctx, `DELETE FROM `+migrationTable+` WHERE name = ?`, name)
	return err
}

// Literal writes an argument into SQL text.
func Literal(arg any) string {
	switch a := arg.(type) {
	case nil:
		return "NULL"
	case []byte:
		return `'\x` + hex.EncodeToString(a) + "'"
	case time.Time:
		return "'" + a.Format(time.RFC3339Nano) + "'"
	case activity.ID:
		return "'" + a.String() + "'"
	case sql.NullString:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(a, "'", "''") + "'"
	}
	return fmt.Sprint(arg)
}

// EraseStatements returns what is sent to erase and to remove, but for what changes a few rows of a small table.
func (s *Store) EraseStatements(t activity.Task, at time.Time) map[string][]any {
	e := s.engine
	texts := e.eraseTexts()
	fixed, err := fixedTaskArgs(e, &t)
	if err != nil {
		panic(err)
	}
	changing, err := changingTaskArgs(e, &t)
	if err != nil {
		panic(err)
	}
	who := []any{t.Tenant, "user", "ana"}
	key := activity.QuotaKey{Tenant: "acme", Quota: "calls", SubjectKind: "user", SubjectID: "u1"}
	all := map[string][]any{
		texts.emptyParked:    {5},
		texts.emptyRange:     {5},
		texts.endedBy:        append(who[:3:3], e.key(t.ID), 100),
		texts.setTask:        append(fixed, changing...),
		texts.leaveLists:     {e.ints([]int64{1, 2}), false, e.time(at), e.id(t.ID)},
		texts.subjectKeys:    who,
		texts.minutesOf:      append(who[:3:3], 100),
		texts.deleteUses:     keyArgs(key, 100),
		texts.deleteHolds:    keyArgs(key),
		texts.deleteKey:      keyArgs(key),
		texts.reports:        {e.key(activity.ID{}), e.key(lastID), 100},
		texts.heldEntities:   who[:1],
		texts.listLegalHolds: who[:1],
		texts.liftLegalHold:  who,
	}
	if _, ok := e.(postgres); !ok {
		id := t.ID[:]
		for text, args := range map[string][]any{
			sqliteLockEvent: {id}, sqlitePosition: {id}, sqliteSetEvent: {id, "", "", "[]", nil, nil, []byte{}, true},
			sqliteLeaveFeed: {1, "t", 1, id}, sqliteDeleteEvent: {id}, sqliteSetOutcome: {id, 1}, sqliteDeleteOutcome: {id, 1},
			sqliteTakeUse: keyArgs(key, 1, "user", "ana"), sqliteDisownHolds: keyArgs(key, 1, "user", "ana"),
		} {
			all[text] = args
		}
		return all
	}
	ids := pgIDs([]activity.ID{t.ID, lastID})
	keys := append(pgKeys([]activity.QuotaKey{key, key}), "{1,2}", "user", "ana")
	for text, args := range map[string][]any{
		pgLockEvents: {ids}, pgPositions: {ids}, pgDeleteEvents: {ids},
		pgSetEvents:   {ids, `{"",""}`, `{"",""}`, `{"[]","[]"}`, `{NULL,NULL}`, `{NULL,NULL}`, `{"\\x00","\\x00"}`, `{t,t}`},
		pgLeaveFeeds:  {"{1,2}", "{t,t}", "{1,1}", ids},
		pgSetOutcomes: {ids, "{1,2}"}, pgDeleteOutcomes: {t.ID, "{1,2}"},
		pgDisownUses: keys, pgDisownHolds: keys,
	} {
		all[text] = args
	}
	return all
}

// RelationStatements returns what is sent for relations and marks, but for what inserts.
func (s *Store) RelationStatements(tenant string, entity activity.Entity, entities []activity.Entity) map[string][]any {
	texts, marks := s.engine.relationTexts(), s.engine.markTexts()
	who := []any{tenant, entity.Kind, entity.ID}
	mark := markArgs(tenant, entity, entity)
	list := append([]any{tenant}, s.engine.entities(entities)...)
	all := map[string][]any{
		texts.merged:    who,
		texts.above:     list,
		texts.unrelate:  append(who[:3:3], 1),
		texts.relations: append(who[:3:3], 100),
		texts.relatives: append(slices.Clip(list), 1, 100),
		texts.erase:     append(who[:3:3], 100),
		marks.mark:      mark,
		marks.remove:    mark,
		marks.erase:     append(who[:3:3], 100),
	}
	if texts.related != "" {
		all[texts.related] = append(slices.Clip(list), 1)
	}
	return all
}
