package activityhttp

// streams counts the streams that are open.
type streams struct{}
