package bunstore

import (
	"testing"
	"time"
)

func TestServerClock(t *testing.T) {
	local := time.Now()
	server := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	var c serverClock
	if at, known := c.at(local); known {
		t.Errorf("before any answer, it is %v", at)
	}
	want := func(after time.Duration, offset time.Duration) {
		t.Helper()
		if at, known := c.at(local.Add(after)); !known || !at.Equal(server.Add(after+offset)) {
			t.Errorf("after %v, it is %v (%t), want %v", after, at, known, server.Add(after+offset))
		}
	}
	c.heardAt(server, local)
	want(0, 0)
	want(time.Second, 0)
	c.heardAt(server.Add(-time.Second), local.Add(time.Second)) // this answer took two seconds
	want(2*time.Second, 0)
	c.heardAt(server.Add(time.Second+time.Millisecond), local.Add(time.Second)) // and this one less than the first
	want(2*time.Second, time.Millisecond)
	c.heardAt(server, local)
	if _, known := c.at(local.Add(time.Second + clockLasts + 1)); known {
		t.Error("an old answer still tells the time")
	}
	if _, known := c.at(local.Add(-time.Second)); known {
		t.Error("an answer tells the time of before it")
	}
	c.heardAt(server.Add(-time.Hour), local.Add(time.Second+clockLasts+1))
	want(time.Second+clockLasts+1, -time.Hour-time.Second-clockLasts-1)
}
