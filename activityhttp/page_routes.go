package activityhttp

func pageRoutes() []route {
	return []route{}
}

// meterView is a quota as the top of pages shows it.
type meterView struct{}
