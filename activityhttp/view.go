package activityhttp

// What templates need to call each other with more than one value.

// with is a view together with its page.
type with struct {
	P *page
	V any
}

// With puts a view together with its page.
func (p *page) With(v any) with { return with{p, v} }

// tabBar are tabs with what they are.
type tabBar struct {
	Label string
	Tabs  []tab
}

// TabBar names tabs.
func (p *page) TabBar(label string, tabs []tab) tabBar { return tabBar{label, tabs} }

// choose is a list to choose from, in a form.
type choose struct {
	Name    string
	Label   string
	Any     string
	Choices []choiceView
}

// Choose makes a list to choose from.
func (p *page) Choose(name, label string, choices []choiceView) choose {
	return choose{name, label, p.T("any"), choices}
}

// View is the timeline of the entity, for the piece that shows it.
func (e *entityPage) View() *timelineView { return &e.timelineView }

// DriftText is what stands behind the number of differences: "+" if there are more.
func (r *reportPage) DriftText() string {
	if r.DriftMore {
		return "+"
	}
	return ""
}

// Known reports whether it is known who looks, so that there are pages to lead to.
func (p *page) Known() bool { return p.tenant.Name() != "" }
