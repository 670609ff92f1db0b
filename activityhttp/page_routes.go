package activityhttp

// pageRoutes are the routes of the pages.
func pageRoutes() []route {
	return []route{
		{"GET /{$}", Read, (*call).showTasks},
		{"GET /tasks/{id}", Read, (*call).showTask},
		{"GET /tasks/{id}/report.csv", Download, (*call).getReportFile},
		{"GET /tasks/{id}/cancel", Cancel, (*call).showConfirm},
		{"POST /tasks/{id}/cancel", Cancel, (*call).doCancel},
		{"GET /tasks/{id}/rerun", Rerun, (*call).showConfirm},
		{"POST /tasks/{id}/rerun", Rerun, (*call).doRerun},
		{"GET /tasks/{id}/undo", Undo, (*call).showConfirm},
		{"POST /tasks/{id}/undo", Undo, (*call).doUndo},
		{"GET /stream", Read, (*call).streamRows},
		{"GET /feed", Read, (*call).showFeed},
		{"GET /events/{id}", Read, (*call).showEvent},
		{"GET /entity", Read, (*call).showEntity},
		{"POST /comments", Comment, (*call).doComment},
		{"POST /read", Read, (*call).doRead},
		{"GET /usage", Read, (*call).showUsage},
		{"GET /search", Read, (*call).showSearch},
	}
}

// show answers with a page, with the indicators of quotas above it.
func (p *page) show(name string) error {
	if !p.fragment() || p.refresh() {
		if err := p.meters(); err != nil {
			return err
		}
	}
	return p.render(name)
}
