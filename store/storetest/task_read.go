package storetest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// fullTask returns a task that has a value in every field.
func fullTask(n int, changes ...taskChange) activity.Task {
	at := func(ms int) time.Time {
		return epoch.Add(time.Duration(ms)*time.Millisecond + 123_457*time.Microsecond)
	}
	return newTask(n, append([]taskChange{func(t *activity.Task) {
		t.Kind, t.Title, t.Status = "sync.crm_2", "  Contacts <ä> \"2\".csv ", activity.StatusFailed
		t.Actor = activity.Identity("box-1", "Box")
		t.About = []activity.Entity{deal, call, {Kind: "account", ID: "no label"}}
		t.Automated, t.Preview, t.Recipe, t.System = true, true, true, true
		t.Parent, t.RetryOf, t.Reverts, t.RevertedBy = newID(epoch, 1001), newID(epoch, 1002), newID(epoch, 1003), newID(epoch, 1004)
		t.Exclusive, t.Key = "list:7", "upload-1"
		t.Input = []byte(`{"b": [1, 2.50, null], "a": {"x": "é\u00e9\/"}, "b": true}`)
		t.Attributes = map[string]string{"template": "weekly", "Größe": "", "{\"a\"}": `\N, "x"`}
		t.StartedAt, t.EndedAt, t.LeaseUntil = at(1), at(2), at(3)
		t.Revision, t.Attempt, t.Losses = 1<<34, 7, 3
		t.Wait = activity.Wait{For: activity.WaitQuota, Task: newID(epoch, 1005), Quota: "scrapings", Units: 1 << 35, Until: at(4)}
		t.Done, t.Total = 1<<40, 1<<41
		t.Counts = activity.Counts{Created: 1 << 33, Updated: 2, Deleted: 3, Unmodified: 4, Failed: 5, Warned: 6}
		t.Fields, t.Extras = []string{"name", "Zähler", `a"b,{c}\`, ""}, []string{"x", "w"}
		t.Children = activity.Children{Total: 9, Open: 4, Failed: 3, Cancelled: 2}
		t.Reason, t.Detail, t.EndedBy = "no\nspace", "goroutine 1:\n\tmain.go:7", ben
	}}, changes...)...)
}

func checkEveryTaskField(s subject) {
	long := map[string]string{}
	for _, text := range unusual {
		if len(long) < activity.MaxAttributes && len(text) <= activity.MaxEntityKind {
			long[text] = strings.Repeat("v", activity.MaxText)
		}
	}
	tasks := []activity.Task{
		fullTask(1),
		newTask(2, taskAbout(), input(`{}`), attributes(map[string]string{"a": ""})),
		newTask(3, func(t *activity.Task) { t.Input = nil }),
		newTask(4, func(t *activity.Task) {
			t.Kind = strings.Repeat("a", activity.MaxTypeName)
			t.Title, t.Exclusive, t.Key = strings.Repeat("t", activity.MaxText), strings.Repeat("x", activity.MaxText), strings.Repeat("k", activity.MaxText)
			t.Actor, t.EndedBy, t.About, t.Attributes = longEntity("a"), longEntity("e"), longEntities(activity.MaxAbout), long
			t.Reason, t.Detail = strings.Repeat("r", activity.MaxReason), strings.Repeat("d", activity.MaxDetail)
			t.Fields = slices.Repeat([]string{strings.Repeat("f", activity.MaxText)}, activity.MaxFields)
		}),
		newTask(5, taskOf(strings.Repeat("t", activity.MaxTenant))),
	}
	for n, status := range activity.Statuses {
		tasks = append(tasks, newTask(10+n, inStatus(status)))
	}
	for i, field := range []taskChange{ // each by itself, so that none depends on another
		titled("Title"), automated, asPreview, asRecipe, taskKey("k"), stepOf(newID(epoch, 1)), attributes(map[string]string{"a": "1"}),
		startedAt(epoch), endedAt(epoch),
		func(t *activity.Task) { t.RetryOf = newID(epoch, 1) },
		func(t *activity.Task) { t.Reverts = newID(epoch, 1) },
		func(t *activity.Task) { t.RevertedBy = newID(epoch, 1) },
		func(t *activity.Task) { t.LeaseUntil = epoch },
		func(t *activity.Task) { t.Wait.For = activity.WaitPlace },
		func(t *activity.Task) { t.Wait.Task = newID(epoch, 1) },
		func(t *activity.Task) { t.Wait.Until = epoch },
		func(t *activity.Task) { t.Extras = []string{"x"} },
	} {
		tasks = append(tasks, newTask(20+i, field))
	}
	s.addTasks(tasks...)
	s.has(tasks...)
}

func checkInput(s subject) {
	var tasks []activity.Task
	for i, text := range []string{
		`{}`,
		`{ }`,
		"{\n\t\"a\" : 1 ,\r\n \"b\":2}",
		`{"b":1,"a":2,"b":3}`,
		`{"n":[1.0,1.50,1e2,1E+2,-0,0.1e-7,12345678901234567890123456789.123456789]}`,
		`{"s":"<a href=\"x\">&amp;'\u003c\/ \\ \b\f\n\r\t \u2028 \ud83d\ude00"}`,
		`{"s":"` + strings.Repeat("é", activity.MaxPayload/2-4) + `"}`,
	} {
		tasks = append(tasks, newTask(i, input(text)))
	}
	s.addTasks(tasks...)
	s.holdsTasks(acme, tasks...)
}

func checkTaskNotFound(s subject) {
	missing := func(tenant string, ids ...activity.ID) {
		s.Helper()
		for _, id := range ids {
			if _, err := s.store.Task(s.Context(), tenant, id); !errors.Is(err, activity.ErrNotFound) {
				s.Errorf("Task %s of %q, which it does not have = %v, want ErrNotFound", id, tenant, err)
			}
		}
	}
	task := newTask(1)
	others := []activity.ID{{}, {15: 1}, newTask(0).ID, newTask(2).ID, task.ID.Next(), newRow(1).ID.Next()}
	missing(acme, append(others, task.ID)...)
	s.addTasks(task)
	missing(acme, others...)
	missing(globex, append(others, task.ID)...)
	s.holdsTasks(acme, task)
}
