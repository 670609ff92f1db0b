package main

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// pgCopyOutcomes makes and stores outcomes in one transaction. The rows are made while COPY sends
// those before.
func pgCopyOutcomes(ctx context.Context, conn *pgx.Conn, h *byHand, n int) error {
	_, err := conn.CopyFrom(ctx, pgx.Identifier{"activity_outcome"}, strings.Split(outcomeColumns, ", "), &pgOutcomes{h: h, left: n})
	return err
}

// pgOutcomes implements [pgx.CopyFromSource].
type pgOutcomes struct {
	h      *byHand
	left   int
	err    error
	values [16]any
}

func (o *pgOutcomes) Next() bool {
	if o.left == 0 || o.err != nil {
		return false
	}
	o.left--
	o.err = o.h.next()
	return o.err == nil
}

func (o *pgOutcomes) Values() ([]any, error) {
	r := &o.h.row
	o.values = [...]any{[16]byte(o.h.task), o.h.made, tenant, r.Kind, r.Record.Kind, r.Record.ID, r.Record.Label, r.Row,
		r.Message, r.Link, r.before, r.after, nil, r.Preview, o.h.at, r.record}
	return o.values[:], nil
}

func (o *pgOutcomes) Err() error { return o.err }

// postgresOutcomes compares reporting outcomes with COPY, each in a database of its own.
func (b *bench) postgresOutcomes() error {
	b.progress("PostgreSQL, outcomes")
	ours, err := b.openPostgres("outcome_store")
	if err != nil {
		return err
	}
	defer ours.close()
	floor, err := b.openPostgres("outcome_floor")
	if err != nil {
		return err
	}
	defer floor.close()
	return b.compareOutcomes("outcomes_vs_copy", ours.tenant, func(h *byHand, n int) error {
		return pgCopyOutcomes(b.ctx, floor.conn, h, n)
	})
}
