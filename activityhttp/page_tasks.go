package activityhttp

import (
	"cmp"
	"slices"

	"github.com/go-activity/activity"
)

// tasksPage is the list of tasks.
type tasksPage struct {
	filter
	Tabs    []tab
	Rows    []*taskRow
	Total   string
	Next    string
	Prev    string
	Columns []column
	Choices map[string][]choiceView
	Texts   []textFilter // attributes that can be filtered by
	Hidden  []field      // parameters that the form keeps
	Active  bool
	More    bool // one of the filters that are folded away is in use
	Running bool // something moves
	Action  string
	Clear   string
	Shown   bool   // previews are shown
	Notice  string // why there is nothing to show
}

// column is a column of the list, by which it can be sorted.
type column struct {
	Label string
	Link  string
	Aria  string // ascending, descending, or empty
}

// textFilter is a filter by an attribute.
type textFilter struct{ Name, Label, Value string }

// The parameters of the page, those of them that have fields in its form, and those that it folds away.
var (
	taskParameters = []string{"category", "kind", "object", "status", "actor", "about", "search", "title", "run", "when", "first", "last", "from", "to",
		"trigger", "previews", "parent", "attribute", "sort", "order", "limit"}
	taskFields   = []string{"kind", "object", "status", "actor", "search", "title", "run", "when", "first", "last", "trigger", "previews"}
	foldedFields = []string{"object", "title", "run", "first", "last", "trigger"}
)

// showTasks shows the tasks.
func (c *call) showTasks() error {
	p := c.page("activity")
	p.Title = p.T("activity")
	v := newValues(c.r.URL.Query())
	fields, parameters := slices.Clone(taskFields), slices.Clone(taskParameters)
	for _, name := range c.options.Attributes {
		fields, parameters = append(fields, "attribute."+name), append(parameters, "attribute."+name)
	}
	f, q := p.filterOf(v, "/", parameters...), c.taskQuery(v)
	body := &tasksPage{filter: f, Choices: map[string][]choiceView{}, Hidden: f.hidden(fields...), Action: f.path, Clear: f.only("category", "sort", "order")}
	body.Active = f.narrows("category", "sort", "order", "previews", "limit")
	body.More = slices.ContainsFunc(foldedFields, f.Has)
	p.attributes(v, &q, body)
	if q.RunID != "" && !f.Has("previews") { // who knows a run looks for that
		q.Previews = activity.PreviewsShown
	}
	if v.err != nil {
		return v.err
	}
	body.Shown = q.Previews != activity.PreviewsHidden
	list, err := c.tenant.Tasks(c.ctx(), q)
	if c.restart(err, f) {
		return nil
	}
	var ok bool
	if body.Notice, ok = p.notice(err); err != nil && !ok {
		return err
	}
	var facets []activity.Facet
	if body.Notice == "" {
		all := q
		all.Kinds = nil // the tabs lead away from the kind
		if facets, err = c.tenant.TaskFacets(c.ctx(), all); err != nil {
			return err
		}
	}
	if err := p.listTasks(body, list); err != nil {
		return err
	}
	body.Tabs = p.tabs(facets, f.Get("category"), p.known.taskCategories, func(category string) string { return f.address("category", category, "kind", "") })
	p.columns(body)
	p.taskChoices(body, list.Tasks)
	p.Body = body
	return p.show("activity")
}

// listTasks makes the lines of a page, and the links to the others.
func (p *page) listTasks(body *tasksPage, list activity.TaskPage) (err error) {
	for _, task := range list.Tasks {
		body.Running = body.Running || !task.Status.Ended()
	}
	if body.Rows, err = p.tasks(list.Tasks, true); err != nil {
		return err
	}
	body.Total = p.T("tasks", list.Total.N, more(list.Total))
	if list.Next != "" {
		body.Next = body.address("after", string(list.Next))
	}
	if list.Prev != "" {
		body.Prev = body.address("before", string(list.Prev))
	}
	return nil
}

func more(t activity.Total) string {
	if t.More {
		return "+"
	}
	return ""
}

// attributes reads the filters by those attributes that the host names.
func (p *page) attributes(v *values, q *activity.TaskQuery, body *tasksPage) {
	for _, name := range p.options.Attributes {
		parameter := "attribute." + name
		value := v.text(parameter)
		body.Texts = append(body.Texts, textFilter{parameter, p.title(name), value})
		if value == "" {
			continue
		}
		body.More = true
		if q.Attributes == nil {
			q.Attributes = map[string]string{}
		}
		q.Attributes[name] = value
	}
}

// columns are those by which the list is sorted, each with the address of its order.
func (p *page) columns(body *tasksPage) {
	sort := cmp.Or(body.Get("sort"), string(activity.SortStart))
	ascending := body.Get("order") == "asc"
	for _, name := range []activity.TaskSort{activity.SortKind, activity.SortActor, activity.SortAttempted, activity.SortStatus, activity.SortStart, activity.SortDuration} {
		c := column{Label: p.T("column " + string(name))}
		order := ""
		if string(name) == sort {
			c.Aria = "descending"
			if ascending {
				c.Aria = "ascending"
			} else {
				order = "asc"
			}
		}
		c.Link = body.address("sort", string(name), "order", order)
		body.Columns = append(body.Columns, c)
	}
}

// taskChoices fills in what can be chosen.
func (p *page) taskChoices(body *tasksPage, tasks []activity.Task) {
	category := body.Get("category")
	var objects []string
	for _, k := range p.known.allKinds {
		if category == "" || k.Category == category {
			body.Choices["kind"] = append(body.Choices["kind"], choiceView{k.Name, p.word(k.Label), body.Get("kind") == k.Name})
			objects = addTo(objects, k.Object)
		}
	}
	for _, object := range objects {
		body.Choices["object"] = append(body.Choices["object"], choiceView{object, p.title(object), body.Get("object") == object})
	}
	for _, s := range activity.Statuses {
		body.Choices["status"] = append(body.Choices["status"], choiceView{s.String(), p.title(p.T("status " + s.String())), body.Get("status") == s.String()})
	}
	for _, trigger := range []string{"person", "automation"} {
		body.Choices["trigger"] = append(body.Choices["trigger"], choiceView{trigger, p.T("trigger " + trigger), body.Get("trigger") == trigger})
	}
	body.Choices["when"] = p.whens(body.Get("when"))
	body.Choices["actor"] = p.actorChoices(body.Get("actor"), tasks)
}

// actorChoices are those that a filter offers.
func (p *page) actorChoices(chosen string, tasks []activity.Task) []choiceView {
	return p.choices(p.actors(tasks), chosen)
}

// choices are entities to choose from, with the one that is chosen, which may be none of them.
func (p *page) choices(entities []activity.Entity, chosen string) []choiceView {
	var list []choiceView
	for _, e := range entities {
		list = append(list, choiceView{entityParam(e), p.name(e), entityParam(e) == chosen})
	}
	if chosen != "" && !slices.ContainsFunc(list, func(c choiceView) bool { return c.Selected }) {
		_, id, _ := cutParam(chosen)
		list = append(list, choiceView{chosen, id, true})
	}
	return list
}

// actors are those that the host names, or else who did some tasks.
func (p *page) actors(tasks []activity.Task) []activity.Entity {
	if p.options.Actors != nil {
		return p.options.Actors(p.r)
	}
	var seen []activity.Entity
	for _, t := range tasks {
		if !t.Actor.IsErased() && !slices.ContainsFunc(seen, t.Actor.Is) {
			seen = append(seen, t.Actor)
		}
	}
	return seen
}
