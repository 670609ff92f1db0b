package activityhttp

// Routes returns the pattern of each route, and what it needs.
func Routes() map[string]Permission {
	all := map[string]Permission{}
	for _, rt := range routes {
		all[rt.pattern] = rt.needs
	}
	return all
}

// MaxOutbox is the most bytes that wait for one client.
const MaxOutbox = maxOutbox

// EventMessage makes the message of a stream.
var EventMessage = eventMessage
