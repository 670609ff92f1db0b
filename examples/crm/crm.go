package main

import (
	"context"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
	"github.com/go-activity/activity/store/bunstore"
)

// crm is the program, on a database.
type crm struct {
	store   *bunstore.Store
	config  activity.Config
	journal *activity.Journal
	records records
	pace    time.Duration // that workers take for a record
	wake    chan struct{} // full: a task was queued
}

// newCRM makes what the database lacks. A host would keep its key, so that checkpoints of before can be verified.
func newCRM(ctx context.Context, store *bunstore.Store, pace time.Duration) (*crm, error) {
	if err := store.Migrate(ctx); err != nil {
		return nil, err
	}
	private, _, err := activity.GenerateKey("crm.example")
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, err
	}
	c := &crm{store: store, config: configOf(signer), records: records{store}, pace: pace, wake: make(chan struct{}, 1)}
	if c.journal, err = activity.New(store, &c.config); err != nil {
		return nil, err
	}
	return c, c.records.create(ctx)
}

// recipe is the kind of a task that is made of others.
const recipe = "recipe"

// configOf is the catalogue with what this CRM has of its own.
func configOf(signer note.Signer) activity.Config {
	config := catalogue.Config()
	for i := range config.Kinds {
		if config.Kinds[i].Name == "enrichment" {
			config.Kinds[i].MaxProcessing = 1 // the provider takes one list at a time
		}
	}
	config.Kinds = append(config.Kinds, activity.Kind{
		Name: recipe, Label: "Recipe", Category: "prospecting", Object: "contacts",
		Summary:      "came to the end of {name}",
		Translations: map[string]string{"es": "llegó al final de {name}"},
	})
	config.Link, config.Signer, config.Origin = link, signer, "crm.example/activity"
	return config
}

// link is where the CRM has the page of an entity.
func link(e activity.Entity) string {
	if slices.Contains(recordKinds, e.Kind) {
		return "/" + e.Kind + "s/" + e.ID
	}
	return ""
}

// translate returns a label in a language.
func translate(locale, label string) string {
	if label == "Recipe" && locale == "es" {
		return "Receta"
	}
	return catalogue.Translate(locale, label)
}

// enqueue queues a task, and wakes a worker.
func (c *crm) enqueue(ctx context.Context, tenant activity.Tenant, spec activity.TaskSpec) (activity.Task, error) {
	task, err := tenant.Enqueue(ctx, spec)
	if err != nil {
		return task, err
	}
	select {
	case c.wake <- struct{}{}:
	default: // somebody is woken already
	}
	return task, nil
}
