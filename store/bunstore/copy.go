package bunstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

// minCopy is from how many rows on COPY pays for its round trips.
const minCopy = 100

// CopyFunc sends data to a statement of the form COPY … FROM STDIN BINARY, on a connection of the
// driver as [database/sql.Conn.Raw] hands it out.
type CopyFunc func(ctx context.Context, driverConn any, statement string, data io.Reader) error

// WithCopy makes the store use COPY for many events at once, outside of transactions of the host and
// where none has a key. The package postgres gives it the function for pgx. PostgreSQL refuses COPY
// into tables with row-level security.
func WithCopy(fn CopyFunc) Option { return func(d *database) { d.copyFrom = fn } }

func (d *database) copies(rows []activity.EventRow) bool {
	return d.copyFrom != nil && len(rows) >= minCopy && !keyed(rows)
}

// copy stores rows by COPY in a transaction of its own.
func (s *Store) copy(ctx context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	events := make([]activity.Event, len(rows))
	var making sync.WaitGroup
	making.Go(func() {
		for i := range rows {
			events[i] = asStored(&rows[i])
		}
	})
	defer making.Wait()

	err := s.begin(ctx, func(conn *sql.Conn, tx *sql.Tx) error {
		if err := s.turns.ask(ctx, tx); err != nil {
			return s.failed(ctx, "record", err)
		}
		for batch := range slices.Chunk(rows, maxInsert) {
			err := conn.Raw(func(driverConn any) error {
				return copyBatch(batch, s.turns.of(pgCopiesPending), func(statement string, data io.Reader) error {
					return s.copyFrom(ctx, driverConn, statement, data)
				})
			})
			if err != nil {
				return s.failed(ctx, "record", err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	making.Wait()
	return events, nil
}

// copyBatch calls send for each table. While the server takes in one table, the rows of the next are
// made: the hashes take about as long as the rest.
func copyBatch(rows []activity.EventRow, copyPending string, send func(statement string, data io.Reader) error) error {
	var feed, pending copyData
	var making sync.WaitGroup
	making.Go(func() {
		feed.feeds(rows)
		pending.pending(rows)
	})
	defer making.Wait()

	err := send(`
COPY activity_event (id, tenant, type, version, actor_kind, actor_id, actor_label, about,
  task, source, occurred_at, recorded_at, payload, salts)
FROM STDIN BINARY`, &eventReader{rows: rows})
	if err != nil {
		return err
	}
	making.Wait()
	if err := send(`COPY activity_feed (feed, type, source, event_id) FROM STDIN BINARY`, feed.end()); err != nil {
		return err
	}
	return send(copyPending, pending.end())
}

var pgCopiesPending = ofBoth(`COPY activity_pending (event_id, tenant, recorded_at, leaf) FROM STDIN BINARY`)

// eventReader makes the rows of activity_event as they are read.
type eventReader struct {
	rows []activity.EventRow
	next int // row; -1 when the end was made
	data copyData
	left []byte // of data
}

func (r *eventReader) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if r.next < 0 {
			return 0, io.EOF
		}
		r.data.b = r.data.b[:0]
		if r.next == 0 {
			r.data.begin(0)
		}
		for len(r.data.b) < 32<<10 && r.next < len(r.rows) {
			if err := r.data.event(&r.rows[r.next]); err != nil {
				return 0, err
			}
			r.next++
		}
		if r.next == len(r.rows) {
			r.data.trailer()
			r.next = -1
		}
		r.left = r.data.b
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

func (c *copyData) event(r *activity.EventRow) error {
	about, err := encodeAbout(r.About)
	if err != nil {
		return err
	}
	c.row(14)
	c.field(r.ID[:])
	c.text(r.Tenant)
	c.text(r.Type)
	c.int4(r.Version)
	c.text(r.Actor.Kind)
	c.text(r.Actor.ID)
	c.text(r.Actor.Label)
	c.text(about)
	if r.Task.IsZero() {
		c.null()
	} else {
		c.field(r.Task[:])
	}
	c.int2(int(r.Source))
	c.time(r.OccurredAt)
	c.time(r.RecordedAt)
	c.field(r.Payload)
	c.field(r.Salts)
	return nil
}

func (c *copyData) feeds(rows []activity.EventRow) {
	pointers := make([]*activity.EventRow, len(rows))
	for i := range rows {
		pointers[i] = &rows[i]
	}
	feed := feedRows(pointers)
	c.begin(70 * len(feed))
	for _, f := range feed {
		c.row(4)
		c.int8(f.feed)
		c.text(f.event.Type)
		c.int2(int(f.event.Source))
		c.field(f.event.ID[:])
	}
}

func (c *copyData) pending(rows []activity.EventRow) {
	c.begin(100 * len(rows))
	for i := range rows {
		r := &rows[i]
		leaf := r.Leaf()
		c.row(4)
		c.field(r.ID[:])
		c.text(r.Tenant)
		c.time(r.RecordedAt)
		c.field(leaf[:])
	}
}

// copyData writes rows in the binary form of COPY:
// https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
type copyData struct{ b []byte }

// copyEpoch is the year 2000, from which PostgreSQL counts microseconds, since 1970.
const copyEpoch = 946_684_800_000_000

func (c *copyData) begin(size int) {
	c.b = append(slices.Grow(c.b, size), "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
}

func (c *copyData) trailer()          { c.b = append(c.b, 0xff, 0xff) }
func (c *copyData) row(fields uint16) { c.b = binary.BigEndian.AppendUint16(c.b, fields) }
func (c *copyData) null()             { c.b = append(c.b, 0xff, 0xff, 0xff, 0xff) }
func (c *copyData) length(n int)      { c.b = binary.BigEndian.AppendUint32(c.b, uint32(n)) }
func (c *copyData) time(t time.Time)  { c.int8(t.UnixMicro() - copyEpoch) }

// end returns all that was written.
func (c *copyData) end() io.Reader {
	c.trailer()
	return bytes.NewReader(c.b)
}

func (c *copyData) field(data []byte) {
	c.length(len(data))
	c.b = append(c.b, data...)
}

func (c *copyData) text(s string) {
	c.length(len(s))
	c.b = append(c.b, s...)
}

func (c *copyData) bool(b bool) {
	c.length(1)
	if b {
		c.b = append(c.b, 1)
	} else {
		c.b = append(c.b, 0)
	}
}

func (c *copyData) int2(n int) {
	c.length(2)
	c.b = binary.BigEndian.AppendUint16(c.b, uint16(n))
}

func (c *copyData) int4(n int) {
	c.length(4)
	c.b = binary.BigEndian.AppendUint32(c.b, uint32(n))
}

func (c *copyData) int8(n int64) {
	c.length(8)
	c.b = binary.BigEndian.AppendUint64(c.b, uint64(n))
}
