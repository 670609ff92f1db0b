package activity

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Meter is a quota of one subject: what is charged to it counts for this subject. It is a small value, safe for
// concurrent use. A quota or a subject that is no good is reported by its calls.
//
// The actor of a context, see [WithActor], is who [Meter.By] says has used it.
type Meter struct {
	tenant  Tenant
	quota   string
	subject Entity
}

// Meter returns the meter of a configured quota and a subject: a user, an identity that the host acts
// through, or with the zero Entity the tenant as a whole.
func (t Tenant) Meter(quota string, subject Entity) Meter { return Meter{t, quota, subject} }

// Use uses n units if all windows of the quota have room for them: if not, it is a [QuotaError], and
// nothing is used. n of less than 1 is an [InvalidError], a quota that is not configured [ErrUnknownQuota].
// [Tenant.Use] charges several meters, all or none.
//
// In a transaction of the host, the units are used with it or not at all, and until it ends others who charge
// the meter wait.
func (m Meter) Use(ctx context.Context, n int64) error { return m.tenant.Use(ctx, n, m) }

// Reserve holds n units if all windows of the quota have room for them, until the reservation is
// settled or [Quota.Hold] has passed. Its errors are those of Use.
func (m Meter) Reserve(ctx context.Context, n int64) (*Reservation, error) {
	return m.tenant.Reserve(ctx, n, m)
}

// Use uses n units of each of some meters of the tenant, at most 16, or of none: those of an identity and those of the
// tenant, say. See [Meter.Use]. In a transaction of the host it should be one call for all meters, because two
// transactions whose calls go through the same meters in different orders wait for each other, which a database
// ends with an error.
func (t Tenant) Use(ctx context.Context, n int64, meters ...Meter) error {
	request, err := t.charge(ctx, n, meters)
	if err != nil {
		return err
	}
	_, err = t.journal.store.ChargeQuota(ctx, request)
	return named(err, meters)
}

// Reserve holds n units of each of some meters of the tenant, at most 16, or of none. They are settled together, and
// expire when the shortest Hold of their quotas has passed. See [Meter.Reserve] and [Tenant.Use].
func (t Tenant) Reserve(ctx context.Context, n int64, meters ...Meter) (*Reservation, error) {
	request, err := t.charge(ctx, n, meters)
	if err != nil {
		return nil, err
	}
	var hold time.Duration
	for _, charge := range request.Charges {
		if h := t.journal.shared.quotas[charge.Key.Quota].Hold; hold == 0 || h < hold {
			hold = h
		}
	}
	r, err := t.reserve(ctx, t.journal.store, request, hold)
	return r, named(err, meters)
}

// reserve makes a request hold its units.
func (t Tenant) reserve(ctx context.Context, store Store, request QuotaRequest, hold time.Duration) (*Reservation, error) {
	s := t.journal.shared
	request.ID, request.Hold = s.ids.assign([]time.Time{s.now()})[0], hold
	keys := make([]QuotaKey, len(request.Charges))
	for i, charge := range request.Charges {
		keys[i] = charge.Key
	}
	grant, err := store.ChargeQuota(ctx, request)
	if err != nil {
		return nil, err
	}
	return &Reservation{
		journal: t.journal.With(store), id: request.ID, keys: keys, hold: hold, at: grant.At,
		until: grant.Until, held: request.Units,
	}, nil
}

// charge makes the request for n units of some meters.
func (t Tenant) charge(ctx context.Context, n int64, meters []Meter) (QuotaRequest, error) {
	if n < 1 {
		return QuotaRequest{}, invalidf("Units", "is %d, which is less than 1", n)
	}
	if len(meters) == 0 || len(meters) > MaxMeters {
		return QuotaRequest{}, invalidf("Meters", "does not have 1 to %d meters", MaxMeters)
	}
	request := QuotaRequest{Charges: make([]QuotaCharge, len(meters)), Units: n, Clock: t.journal.shared.clock}
	if actor, ok := ActorFrom(ctx); ok && !actor.IsZero() {
		if err := checkEntity("Actor", actor); err != nil {
			return QuotaRequest{}, err
		}
		request.Actor = actor
	}
	for i, m := range meters {
		q, err := m.check()
		if err == nil && m.tenant.name != t.name {
			err = invalidf("Tenant", "is %q and not %q", m.tenant.name, t.name)
		}
		if err != nil {
			if len(meters) > 1 {
				err = inElement(err, "Meter", i)
			}
			return QuotaRequest{}, err
		}
		windows, err := m.limited(ctx, q)
		if err != nil {
			return QuotaRequest{}, err
		}
		for _, w := range windows {
			if n > w.Limit {
				return QuotaRequest{}, &QuotaError{Quota: m.quota, Subject: m.subject, Window: w.Length, Limit: w.Limit, Requested: n}
			}
		}
		request.Charges[i] = QuotaCharge{m.key(), windows}
	}
	if len(meters) > 1 {
		slices.SortFunc(request.Charges, func(a, b QuotaCharge) int { return a.Key.Compare(b.Key) })
		for i := range request.Charges[1:] {
			if request.Charges[i].Key == request.Charges[i+1].Key {
				return QuotaRequest{}, invalidf("Meters", "has the same meter of quota %q twice", request.Charges[i].Key.Quota)
			}
		}
	}
	return request, nil
}

// named gives the subject of an error its label.
func named(err error, meters []Meter) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*QuotaError](err); ok {
		for _, m := range meters {
			if m.quota == e.Quota && m.subject.Is(e.Subject) {
				e.Subject = m.subject
			}
		}
	}
	return err
}

// check returns the meter's quota, or what is wrong with the meter.
func (m Meter) check() (*Quota, error) {
	if m.tenant.journal == nil {
		return nil, invalidf("Meter", "is zero: meters are made by Tenant.Meter")
	}
	if err := checkTenant(m.tenant.name); err != nil {
		return nil, err
	}
	q, err := m.tenant.journal.shared.quota(m.quota)
	if err != nil {
		return nil, err
	}
	if !m.subject.IsZero() {
		if err := checkSubject(m.subject); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// checkSubject is checkEntity without making the names of fields: charging is to be fast.
func checkSubject(e Entity) error {
	if err := checkText("Subject.Kind", e.Kind, MaxEntityKind); err != nil {
		return err
	}
	if err := checkText("Subject.ID", e.ID, MaxText); err != nil {
		return err
	}
	if e.Label == "" {
		return nil
	}
	return checkText("Subject.Label", e.Label, MaxText)
}

func (m Meter) key() QuotaKey {
	return QuotaKey{Tenant: m.tenant.name, Quota: m.quota, SubjectKind: m.subject.Kind, SubjectID: m.subject.ID}
}
