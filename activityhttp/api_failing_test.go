package activityhttp_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// failing is a store that fails with what nobody may read.
type failing struct {
	activity.Store
}

var errSecret = errors.New(`pq: relation "secret_table" at 10.0.0.7: goroutine 1 [running]`)

func (failing) InTx(context.Context, func(activity.Store) error) error { return errSecret }
func (failing) AppendEvents(context.Context, []activity.EventRow) ([]activity.Event, error) {
	return nil, errSecret
}

func (failing) Event(context.Context, string, activity.ID) (activity.Event, error) {
	return activity.Event{}, errSecret
}

func (failing) Feed(context.Context, activity.EventQuery) ([]activity.Event, error) {
	return nil, errSecret
}

func (failing) CountEvents(context.Context, activity.EventQuery) ([]activity.TypeCount, error) {
	return nil, errSecret
}

func (failing) Task(context.Context, string, activity.ID) (activity.Task, error) {
	return activity.Task{}, errSecret
}

func (failing) Tasks(context.Context, activity.TaskFilter) ([]activity.Task, error) {
	return nil, errSecret
}

func (failing) CountTasks(context.Context, activity.TaskFilter) (int, error) { return 0, errSecret }
func (failing) Outcomes(context.Context, activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	return nil, errSecret
}

func (failing) QuotaState(context.Context, activity.QuotaKey) (activity.QuotaState, error) {
	return activity.QuotaState{}, errSecret
}

func (failing) QuotaUse(context.Context, activity.UseQuery) ([]activity.QuotaUse, error) {
	return nil, errSecret
}

func (failing) FindEntities(context.Context, activity.EntityQuery) ([]activity.Entity, error) {
	return nil, errSecret
}

func (failing) Relations(context.Context, string, activity.Entity, int) ([]activity.Relation, error) {
	return nil, errSecret
}

func (failing) Relatives(context.Context, activity.RelativesQuery) ([]activity.Entity, error) {
	return nil, errSecret
}

func (failing) Mark(context.Context, string, activity.Entity, activity.Entity) (activity.ID, error) {
	return activity.ID{}, errSecret
}

func (failing) Seal(context.Context, int) (int, error) { return 0, errSecret }
func (failing) Unsealed(context.Context) (activity.Unsealed, error) {
	return activity.Unsealed{}, errSecret
}

func (failing) Entry(context.Context, string, activity.ID) (activity.EntryRow, error) {
	return activity.EntryRow{}, errSecret
}

// TestAPITellsNothing has errors of the server logged, and not shown.
func TestAPITellsNothing(t *testing.T) {
	s := newServer(t, failing{memstore.New()})
	id, err := activity.ParseID("0190a6f0-0000-7000-8000-000000000001")
	check(t, err)
	n := 0
	for _, g := range append(goods(seeded{id, id, id}), good{"GET /stream", "/stream", "", ""}) {
		if g.pattern == "GET /openapi.json" {
			continue
		}
		n++
		if a := g.do(s); a.StatusCode != 500 || a.body != `{"type":"about:blank","title":"Internal error","status":500}` {
			t.Errorf("%s: %s %s", g.pattern, a.Status, a.body)
		}
	}
	if logged := strings.Count(s.logs.String(), "secret_table"); logged < n {
		t.Errorf("%d of %d errors were logged", logged, n)
	}
	closed := memstore.New()
	s = newServer(t, closed)
	check(t, closed.Close())
	if a := s.do("GET", "/activity/api/tasks", ""); a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("of a store that is closed: %s %s", a.Status, a.body)
	}
}
