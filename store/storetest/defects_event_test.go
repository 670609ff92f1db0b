package storetest

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/go-activity/activity"
)

// eventDefects has one defect for each field of an event, beside others.
func eventDefects() []defect {
	list := []defect{
		{"encodes payloads anew", "payload byte for byte", with(broken{append: changing(func(row *activity.EventRow) {
			var v any
			if json.Unmarshal(row.Payload, &v) == nil {
				row.Payload, _ = json.Marshal(v)
			}
		})})},
		{"returns no error for what is not there", "not found", with(broken{event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
			e, err := in.Event(ctx, tenant, id)
			if err == activity.ErrNotFound {
				return activity.Event{}, nil
			}
			return e, err
		}})},
		{"finds other tenants' events", "not found", with(broken{event: eventOfAnyTenant})},
	}
	for field := range reflect.TypeFor[activity.Event]().Fields() {
		if field.Name == "Erased" {
			continue // no row has it
		}
		list = append(list, defect{"forgets " + field.Name, "every field", with(broken{
			event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
				e, err := in.Event(ctx, tenant, id)
				reflect.ValueOf(&e).Elem().FieldByName(field.Name).SetZero()
				return e, err
			},
		})})
	}
	return list
}
