package activityhttp

// pageRoutes are the routes of the pages.
func pageRoutes() []route {
	return []route{
		{"GET /{$}", Read, (*call).getTasks},
		{"GET /tasks/{id}", Read, (*call).getTask},
		{"GET /tasks/{id}/report.csv", Download, (*call).getReportCSV},
		{"GET /tasks/{id}/cancel", Cancel, (*call).getConfirm},
		{"POST /tasks/{id}/cancel", Cancel, (*call).postCancel},
		{"GET /tasks/{id}/rerun", Rerun, (*call).getConfirm},
		{"POST /tasks/{id}/rerun", Rerun, (*call).postRerun},
		{"GET /tasks/{id}/undo", Undo, (*call).getConfirm},
		{"POST /tasks/{id}/undo", Undo, (*call).postUndo},
		{"GET /feed", Read, (*call).getFeed},
		{"GET /events/{id}", Read, (*call).getEventPage},
		{"GET /entity", Read, (*call).getEntity},
		{"POST /comments", Comment, (*call).postComment},
		{"POST /read", Read, (*call).postRead},
		{"GET /usage", Read, (*call).getUsage},
		{"GET /search", Read, (*call).getSearch},
	}
}

// show answers with a page, with the indicators of quotas above it.
func (p *page) show(name string) error {
	if !p.fragment() {
		if err := p.meters(); err != nil {
			return err
		}
	}
	return p.render(name)
}
