package bunstore

import (
	"maps"
	"slices"
	"strconv"

	"github.com/go-activity/activity"
)

// A task is in one list for each facet: all tasks of its tenant, those of its kind, of its status, and
// so on. A facet is a feedKey.
const (
	ofTasks role = iota + ofTask + 1
	ofKind
	ofStatus
	ofTaskActor
	ofTaskEntity
	ofParent
	ofTrigger
	ofWord
	ofAttribute
	ofRecord    // not a facet: the outcomes of a record
	ofRow       // not a facet: the outcomes of a row that has no record
	ofAdmission // not a facet: the lock under which a tenant's tasks are admitted
	ofLegalHold // not a facet: the lock under which a tenant's legal holds change
	ofRelation  // not a facet: the lock under which relations of a tenant are added
)

// facetsOf returns the facets of a task, each once. Entities that were erased have none.
func facetsOf(t *activity.Task) []int64 {
	facets := []int64{
		feedKey(ofTasks, t.Tenant, "", ""),
		feedKey(ofKind, t.Tenant, t.Kind, ""),
		statusFacet(t.Tenant, t.Status),
		triggerFacet(t.Tenant, t.Automated),
	}
	if !t.Actor.IsErased() {
		facets = append(facets, feedKey(ofTaskActor, t.Tenant, t.Actor.Kind, t.Actor.ID))
	}
	for _, e := range t.About {
		if !e.IsErased() {
			facets = append(facets, feedKey(ofTaskEntity, t.Tenant, e.Kind, e.ID))
		}
	}
	if !t.Parent.IsZero() {
		facets = append(facets, feedKey(ofParent, t.Tenant, "", t.Parent.String()))
	}
	for _, word := range activity.Words(t.Title) {
		facets = append(facets, feedKey(ofWord, t.Tenant, "", word))
	}
	for name, value := range t.Attributes {
		facets = append(facets, feedKey(ofAttribute, t.Tenant, name, value))
	}
	slices.Sort(facets) // in the order of the index
	return slices.Compact(facets)
}

func statusFacet(tenant string, s activity.Status) int64 {
	return feedKey(ofStatus, tenant, "", strconv.Itoa(int(s)))
}

func triggerFacet(tenant string, automated bool) int64 {
	return feedKey(ofTrigger, tenant, "", strconv.FormatBool(automated))
}

// facetConditions returns the facets that a filter's tasks have. There is one condition or more, unless the
// filter has a range of IDs, which selects by itself.
func facetConditions(f *activity.TaskFilter) []condition {
	about := func(e activity.Entity) int64 { return feedKey(ofTaskEntity, f.Tenant, e.Kind, e.ID) }
	by := func(e activity.Entity) int64 { return feedKey(ofTaskActor, f.Tenant, e.Kind, e.ID) }
	var all []condition
	add := func(facets ...int64) { all = append(all, condition{feeds: facets}) }
	if len(f.Entities) > 0 {
		all = append(all, condition{alternatives(f.Entities, about), f.Entities, false})
	}
	if len(f.Named) > 0 {
		all = append(all, condition{alternatives(f.Named, about, by), f.Named, true})
	}
	if !f.Parent.IsZero() {
		add(feedKey(ofParent, f.Tenant, "", f.Parent.String()))
	}
	for _, word := range f.Words {
		add(feedKey(ofWord, f.Tenant, "", word))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Attributes)) {
		add(feedKey(ofAttribute, f.Tenant, name, f.Attributes[name]))
	}
	if !f.Actor.IsZero() {
		add(by(f.Actor))
	}
	if len(f.Kinds) > 0 {
		add(alternatives(f.Kinds, func(kind string) int64 { return feedKey(ofKind, f.Tenant, kind, "") })...)
	}
	if len(f.Statuses) > 0 {
		add(alternatives(f.Statuses, func(s activity.Status) int64 { return statusFacet(f.Tenant, s) })...)
	}
	if f.Trigger != 0 {
		add(triggerFacet(f.Tenant, f.Trigger == activity.ByAutomation))
	}
	if len(all) == 0 && !hasIDs(f) {
		add(feedKey(ofTasks, f.Tenant, "", ""))
	}
	return all
}

// hasIDs reports whether a filter has a range of IDs.
func hasIDs(f *activity.TaskFilter) bool { return !f.MinID.IsZero() || !f.MaxID.IsZero() }

// alternatives returns the keys of each value, each once.
func alternatives[T any](values []T, keysOf ...func(T) int64) []int64 {
	keys := make([]int64, 0, len(values)*len(keysOf))
	for _, v := range values {
		for _, key := range keysOf {
			keys = append(keys, key(v))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// previewsOf returns the values of the column preview that a filter's tasks have.
func previewsOf(p activity.Previews) []bool {
	switch p {
	case activity.PreviewsShown:
		return []bool{false, true}
	case activity.PreviewsOnly:
		return []bool{true}
	}
	return []bool{false}
}
