package activityhttp

func (c *call) getReportCSV() error { return nil }
