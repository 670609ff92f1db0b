package bunstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

func below(child, parent activity.Entity) activity.Relation {
	return activity.Relation{Role: activity.RoleParent, Entity: child, Of: parent}
}

func mergedInto(from, into activity.Entity) activity.Relation {
	return activity.Relation{Role: activity.RoleMerged, Entity: from, Of: into}
}

// Of two transactions whose relations would make a cycle together, the second one is refused, also if it began before the
// first one has ended.
func TestCycleOfTwoTransactions(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		for n := range 20 {
			a, b := person(2*n), person(2*n+1)
			relations := []activity.Relation{below(a, b), mergedInto(b, a)}
			errs := make([]error, 2)
			var begun, done sync.WaitGroup
			begun.Add(2)
			for i := range relations {
				done.Go(func() {
					first := sync.OnceFunc(begun.Done)
					defer first()
					errs[i] = s.InTx(t.Context(), func(tx activity.Store) error {
						if !onSQLite(address) { // where the second one cannot begin before the first one has ended
							_, err := tx.Relations(t.Context(), "acme", a, 9)
							if err != nil {
								return err
							}
							first()
							begun.Wait()
						}
						return tx.Relate(t.Context(), "acme", relations[i])
					})
				})
			}
			done.Wait()
			if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), activity.ErrCycle) {
				t.Fatalf("two relations that make a cycle: %v, %v", errs[0], errs[1])
			}
			if found := must(s.Relations(t.Context(), "acme", a, 9))(t); len(found) != 1 {
				t.Errorf("%d relations are stored", len(found))
			}
		}
	})
}

// A chain of a thousand, and a thousand below one, are related and found in no more statements than two.
func TestWideAndDeep(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		check(t, s.InTx(ctx, func(tx activity.Store) error {
			for n := 999; n >= 0; n-- { // from the bottom, as each looks at all that is above
				err := errors.Join(
					tx.Relate(ctx, "acme", below(activity.Entity{Kind: "deep", ID: fmt.Sprint(n + 1)}, activity.Entity{Kind: "deep", ID: fmt.Sprint(n)})),
					tx.Relate(ctx, "acme", below(activity.Entity{Kind: "wide", ID: fmt.Sprint(n + 1)}, activity.Entity{Kind: "wide", ID: "0"})))
				if err != nil {
					return err
				}
			}
			return nil
		}))
		for _, kind := range []string{"deep", "wide"} {
			top := activity.Entity{Kind: kind, ID: "0"}
			q := activity.RelativesQuery{Tenant: "acme", Entities: []activity.Entity{top}, Descendants: true, Limit: 1001}
			if found := must(s.Relatives(ctx, q))(t); len(found) != 1001 {
				t.Errorf("%s: %d relatives", kind, len(found))
			}
			q.Limit = 1000
			if _, err := s.Relatives(ctx, q); !errors.Is(err, activity.ErrTooBroad) {
				t.Errorf("%s: with a limit of one less, %v", kind, err)
			}
			if err := s.Relate(ctx, "acme", below(top, activity.Entity{Kind: kind, ID: "1000"})); !errors.Is(err, activity.ErrCycle) {
				t.Errorf("%s: the top below the bottom: %v", kind, err)
			}
		}
	})
}

// A call on relations or marks that says that its context has ended has stored nothing, at whichever step it ended.
func TestEndedContextRelatesNothing(t *testing.T) {
	type call func(ctx context.Context, s activity.Store, tenant string) error
	relate := func(ctx context.Context, s activity.Store, tenant string) error {
		return s.Relate(ctx, tenant, mergedInto(person(2), person(3)))
	}
	unrelate := func(ctx context.Context, s activity.Store, tenant string) error {
		return s.Unrelate(ctx, tenant, person(0), activity.RoleParent)
	}
	mark := func(back bool, through activity.ID) call {
		return func(ctx context.Context, s activity.Store, tenant string) error {
			return s.SetMark(ctx, activity.ReadMark{Tenant: tenant, Reader: ana, Feed: account, Through: through, Back: back})
		}
	}
	inTx := func(do call) call {
		return func(ctx context.Context, s activity.Store, tenant string) error {
			return s.InTx(ctx, func(tx activity.Store) error { return do(ctx, tx, tenant) })
		}
	}
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		inHostTx := func(do call) call {
			return func(ctx context.Context, _ activity.Store, tenant string) error {
				return inHost(t, s, func(tx *bunstore.Store) error { return do(ctx, tx, tenant) })
			}
		}
		all := func(tenant string) string {
			return fmt.Sprint(must(s.Relations(t.Context(), tenant, person(0), 9))(t), must(s.Relations(t.Context(), tenant, person(2), 9))(t),
				must(s.Mark(t.Context(), tenant, ana, account))(t))
		}
		for name, do := range map[string]call{
			"Relate": relate, "Unrelate": unrelate, "SetMark": mark(false, taskID(9)), "SetMark, back": mark(true, taskID(1)), "SetMark, none": mark(true, activity.ID{}),
			"Relate in InTx": inTx(relate), "SetMark in InTx": inTx(mark(false, taskID(9))),
			"Relate in the host": inHostTx(relate), "Unrelate in the host": inHostTx(unrelate), "SetMark in the host": inHostTx(mark(false, taskID(9))),
		} {
			t.Run(name, func(t *testing.T) {
				atEveryStep(t, func(ctx context.Context, n int) error {
					tenant := fmt.Sprint(name, n)
					check(t, s.Relate(t.Context(), tenant, below(person(0), person(1))))
					check(t, s.SetMark(t.Context(), activity.ReadMark{Tenant: tenant, Reader: ana, Feed: account, Through: taskID(5)}))
					before := all(tenant)
					err := do(ctx, s, tenant)
					if err == nil {
						if all(tenant) == before {
							t.Errorf("step %d: nothing has changed", n)
						}
						return nil
					}
					if !errors.Is(err, context.Canceled) {
						t.Errorf("step %d: %v, want context.Canceled", n, err)
					}
					if after := all(tenant); after != before {
						t.Errorf("step %d: %v, but there is %s\nwhere there was %s", n, err, after, before)
					}
					return err
				})
			})
		}
	})
}

// A call that looks at relations, marks or numbers ends with its context.
func TestEndedContextOfLookingAtRelations(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		check(t, s.Relate(t.Context(), "acme", below(person(0), person(1))))
		for name, look := range map[string]func(ctx context.Context) error{
			"Relations": func(ctx context.Context) error {
				_, err := s.Relations(ctx, "acme", person(0), 9)
				return err
			},
			"Relatives": func(ctx context.Context) error {
				_, err := s.Relatives(ctx, activity.RelativesQuery{Tenant: "acme", Entities: []activity.Entity{person(1)}, Descendants: true, Limit: 9})
				return err
			},
			"Mark": func(ctx context.Context) error {
				_, err := s.Mark(ctx, "acme", ana, account)
				return err
			},
			"CountEvents": func(ctx context.Context) error {
				_, err := s.CountEvents(ctx, activity.EventQuery{Tenant: "acme", Actor: ana, About: []activity.Entity{account}, Limit: 9})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				for n, lived := 1, false; !lived; n++ {
					ctx := endingAt(t.Context(), n)
					err := look(ctx)
					lived = ctx.left.Load() > 0
					ctx.end()
					if lived && err != nil || !lived && err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("step %d: %v", n, err)
					}
					if n == 1 && err == nil {
						t.Error("a context that had ended at once was not noticed")
					}
				}
			})
		}
	})
}
