package main

import (
	"context"

	"github.com/go-activity/activity"
)

// mergedPage shows an account that was made of two. Its history is that of both; the feed keeps saying which one it was.
func (c *crm) mergedPage(ctx context.Context) error {
	c.title("%s, into which %s was merged", initech.Name(), initechGmbH.Name())
	return c.tab(ctx, "All", activity.Query{About: []activity.Entity{initech}}, initech)
}
