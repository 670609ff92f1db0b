package bunstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/go-activity/activity"
)

// Entries implements [activity.LedgerStore].
func (s *Store) Entries(ctx context.Context, q activity.EntryQuery) ([]activity.EntryRow, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.ledgerReader()
	defer done()
	text, args := entriesQuery(s.engine.ledgerTexts(), &q)
	found, err := scanAll(ctx, db, scanEntry, text, args...)
	if err != nil {
		return nil, s.failed(ctx, "read ledger", err)
	}
	return found, nil
}

// entriesQuery returns the statement for a query. The entries of a tenant are in the order of their indexes; where those after a
// position begin is searched for, unless it is the first one.
func entriesQuery(texts *ledgerTexts, q *activity.EntryQuery) (string, []any) {
	after, index, limit := int64(q.After), q.Index, q.Limit
	switch {
	case q.Tenant == "":
		return texts.entries, []any{after, index, limit}
	case after <= 0:
		return texts.ofTenant, []any{q.Tenant, after, index, limit}
	}
	return texts.ofTenantBy, []any{q.Tenant, after, index, limit}
}

// Entry implements [activity.LedgerStore].
func (s *Store) Entry(ctx context.Context, tenant string, id activity.ID) (activity.EntryRow, error) {
	if err := s.ready(ctx); err != nil {
		return activity.EntryRow{}, err
	}
	db, done := s.ledgerReader()
	defer done()
	row, err := scanEntry(db.QueryRowContext(ctx, s.engine.ledgerTexts().entry, s.engine.key(id)))
	if errors.Is(err, sql.ErrNoRows) || err == nil && tenant != "" && row.Tenant != tenant {
		return activity.EntryRow{}, fmt.Errorf("%w: entry of event %s", activity.ErrNotFound, id)
	}
	if err != nil {
		return activity.EntryRow{}, s.failed(ctx, "read ledger", err)
	}
	return row, nil
}

// Head implements [activity.LedgerStore].
func (s *Store) Head(ctx context.Context, tenant string) (activity.TreeHead, error) {
	if err := s.ready(ctx); err != nil {
		return activity.TreeHead{}, err
	}
	db, done := s.ledgerReader()
	defer done()
	var size int64
	var edge []byte
	var position activity.Position
	err := db.QueryRowContext(ctx, s.engine.ledgerTexts().head, tenant).Scan(&size, &edge, &position)
	if errors.Is(err, sql.ErrNoRows) {
		return activity.TreeHead{}, nil
	}
	if err != nil {
		return activity.TreeHead{}, s.failed(ctx, "read ledger", err)
	}
	return treeHead(size, edge, position), nil
}

// Tiles implements [activity.LedgerStore]. A tile of level 0 that is not full has the leaves of the entries.
func (s *Store) Tiles(ctx context.Context, tenant string, tiles []activity.TileID) ([][]byte, error) {
	if err := s.ready(ctx); err != nil || len(tiles) == 0 {
		return nil, err
	}
	db, done := s.ledgerReader()
	defer done()
	found, err := s.engine.tiles(ctx, db, tenant, tiles)
	if err != nil {
		return nil, s.failed(ctx, "read tiles", err)
	}
	var wanted []leafRange
	var places []int // in found
	for i, tile := range tiles {
		if tile.Level == 0 && found[i] == nil && tile.Index >= 0 && tile.Index <= maxTile {
			wanted = append(wanted, leafRange{tenant, tile.Index * tileWidth, (tile.Index + 1) * tileWidth})
			places = append(places, i)
		}
	}
	if len(wanted) == 0 {
		return found, nil
	}
	leaves, err := s.engine.leaves(ctx, db, wanted)
	if err != nil {
		return nil, s.failed(ctx, "read tiles", err)
	}
	for n, i := range places {
		if found[i] = leaves[n]; len(leaves[n]) < tileWidth*sha256.Size {
			continue
		}
		// One that is full is stored. It may have become so since it was looked for; if not, it is not there.
		again, err := s.engine.tiles(ctx, db, tenant, tiles[i:i+1])
		if err != nil {
			return nil, s.failed(ctx, "read tiles", err)
		}
		found[i] = again[0]
	}
	return found, nil
}

const (
	tileWidth = 256           // hashes of a full tile
	maxTile   = 1<<(63-9) - 1 // the highest whose leaves have an index
)

// maxStrayed is how many events one statement looks at for strays: their heap is read, also of other tenants, because only the
// primary key has all that is stored.
const maxStrayed = 5000

// Strays implements [activity.LedgerStore].
func (s *Store) Strays(ctx context.Context, tenant string, after activity.ID, limit int) ([]activity.ID, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.ledgerReader()
	defer done()
	var strays []activity.ID
	for more := true; more && len(strays) < limit; {
		found, last, err := s.straysAfter(ctx, db, tenant, after)
		if err != nil {
			return nil, s.failed(ctx, "look for strays", err)
		}
		strays = append(strays, found...)
		after, more = last, !last.IsZero()
	}
	return strays[:min(len(strays), limit)], nil
}

// straysAfter looks at maxStrayed events, and returns the last of them if there are more.
func (s *Store) straysAfter(ctx context.Context, db conn, tenant string, after activity.ID) (strays []activity.ID, last activity.ID, err error) {
	rows, err := db.QueryContext(ctx, s.engine.ledgerTexts().strays, tenant, s.engine.key(after), maxStrayed)
	if err != nil {
		return nil, last, err
	}
	defer rows.Close()
	for rows.Next() {
		var id activity.ID
		var stray bool
		if err := rows.Scan(&id, &stray); err != nil {
			return nil, last, err
		}
		if stray {
			strays = append(strays, id)
		} else {
			last = id
		}
	}
	slices.SortFunc(strays, activity.ID.Compare)
	return strays, last, rows.Err()
}

// Ledgers implements [activity.LedgerStore].
func (s *Store) Ledgers(ctx context.Context, after string, limit int) ([]string, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.ledgerReader()
	defer done()
	found, err := names(ctx, db, s.engine.ledgerTexts().ledgers, after, limit)
	if err != nil {
		return nil, s.failed(ctx, "read ledger", err)
	}
	return found, nil
}
