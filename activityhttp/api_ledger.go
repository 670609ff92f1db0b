package activityhttp

import (
	"errors"
	"net/http"

	"github.com/go-activity/activity"
)

// errUnsigned is the error of journals that sign nothing.
var errUnsigned = &problem{status: http.StatusNotFound, title: "No checkpoints"}

// signed turns the error of a journal without a Config.Signer into one of who asks: there is no such thing here.
func signed(err error) error {
	if invalid, ok := errors.AsType[*activity.InvalidError](err); ok && invalid.Field == "Config.Signer" {
		return errUnsigned
	}
	return err
}

// getCheckpoint answers with the state of the tenant's ledger, signed.
func (c *call) getCheckpoint() error {
	v := c.values()
	if err := v.done(true); err != nil {
		return err
	}
	checkpoint, err := c.tenant.Ledger().Checkpoint(c.ctx())
	if err != nil {
		return signed(err)
	}
	return c.write(struct {
		Origin string        `json:"origin"`
		Size   int64         `json:"size"`
		Root   activity.Hash `json:"root"`
		Note   string        `json:"note"`
	}{checkpoint.Origin, checkpoint.Size, checkpoint.Root, string(checkpoint.Note)})
}

// getEntry answers with the place of an event in the ledger, which never changes.
func (c *call) getEntry() error {
	id, err := c.onlyID()
	if err != nil {
		return err
	}
	entry, err := c.tenant.Ledger().Entry(c.ctx(), id)
	if err != nil {
		return err
	}
	return c.writeFixed(struct {
		Position activity.Position `json:"position"`
		Index    int64             `json:"index"`
	}{entry.Position, entry.Index})
}

// getProof answers with a proof of an event. It is made anew of the tree as it is, and so has another tag once that has grown.
func (c *call) getProof() error {
	id, err := c.onlyID()
	if err != nil {
		return err
	}
	proof, err := c.tenant.Ledger().Prove(c.ctx(), id)
	if err != nil {
		return signed(err)
	}
	return c.writeFixed(proof)
}
