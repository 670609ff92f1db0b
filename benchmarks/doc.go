// Command benchmarks compares the library with what one would write by hand, and large databases
// with small ones. It prints what it does, and at the end a line "name value" for each result. Its
// exit status is 1 if one misses its target, unless -report is given.
//
// # How it measures
//
// Most results are ratios. The two sides of a ratio run in one process, by turns, in slices
// of 50 ms or more, and by turns first; the result is the median of the ratios of neighbouring
// slices. What else the machine does therefore meets both sides alike, and a result says the same on
// another machine. Both sides are warmed up, and the garbage collector runs before each slice.
//
// PostgreSQL is a private server with fsync, full_page_writes and synchronous_commit on, whose data
// is in the directory for temporary files. It fits into shared_buffers. VACUUM ANALYZE and CHECKPOINT
// run after seeding, and nothing of the kind while something is measured: autovacuum is off and
// max_wal_size large. SQLite has the settings of store/sqlite, synchronous=FULL among them.
//
// An event is about an account, a contact and a deal and has an actor, which makes it five rows of
// activity_feed. There are 4,000 accounts, 12,000 contacts, 6,000 deals and 300 users; users follow
// Zipf's law, and four events of ten are about few key entities. There are 12 types in four
// categories, and payloads of 100 to 200 bytes. The same seed makes the same drafts.
//
// # Appends
//
// More is better: events per second through Tenant.Record over events per second by hand. Each side
// has a database of its own, with the same tables and indexes. Both begin with 10,000 events and
// grow alike. Drafts are made before a slice begins. So are the rows of the floor, which are what
// Record would store of such drafts: it gets IDs, salts, leaf hashes and feed keys for nothing, in
// the order of the indexes. Record computes all of that while it is measured, and checks its input.
//
//   - append_batch_vs_copy: Record in calls of 1,000 drafts against pgx.Conn.CopyFrom, three in a
//     transaction, one for each table, in binary, on pgx's own connection.
//   - append_one_vs_floor: Record of one event against one prepared statement on pgx's own
//     connection, which inserts the same seven rows by VALUES. Each is a transaction.
//   - sqlite_append_batch_vs_copy: Record in calls of 1,000 drafts against prepared statements row
//     by row, in one transaction on one connection of the same driver. SQLite has no COPY.
//   - sqlite_append_one_vs_floor: Record of one event against three such statements in a transaction,
//     the five feed rows in one.
//
// # Pages
//
// Less is better: time over time. Seeding goes through Record in calls of 1,000, and its rate is
// printed.
//
//   - page_growth, sqlite_page_growth: Tenant.Timeline with 1,000,000 events against 10,000 events,
//     which are the first of the same workload. The page is the first one, of 50 events. There is a
//     line for each shape of query, and the largest is the result. The shapes are: the whole tenant,
//     an entity, an entity and a rare type, an actor and a rare type, a category, 20 entities at once.
//     Each has 64 queries, drawn by a fixed seed, and both sides read them in the same order. The
//     entities are key ones, of which each has about 100 of the first 10,000 events; the rare type
//     occurs with a few entities and users, about 66 times each by then, and in one of 1,000
//     events afterwards. So all pages are full, with one database as with the other, which is checked.
//
//   - page_growth_hierarchy_200, page_growth_search, page_growth_merged, page_growth_facets, page_growth_unread, and those of
//     SQLite: the same for what pages show beside plain timelines: a page about an account with 200 sites below it, ten of which
//     are above 19 each, whose events are of three types, as few in one database as in the other: what a page costs
//     depends on how many types each entity has; of a search for a contact by two words, of which one begins the names of all 12,000; about a
//     contact that two others were merged into; Tenant.Facets of a deal; and Reader.Unread of a deal, with the mark at the
//     50th newest event. Both databases have the same relations and marks.
//
//   - facets_vs_page, sqlite_facets_vs_page: Tenant.Facets of a deal against the first page of its timeline.
//
//   - page_vs_floor, sqlite_page_vs_floor: an entity's page of 50 in the large database against a
//     prepared query on the same tables, whose rows are scanned into the same fields of the same
//     struct; on PostgreSQL by pgx's own connection. There are several such queries; a trial finds
//     the fastest, which is the floor, and its name is printed. They know the types that there are,
//     which Timeline has to find out, and do not look whether there are more than 50. That they
//     return what Timeline returns is checked.
//
//   - activity_page_ms_ratio, sqlite_activity_page_ms_ratio: what activityhttp takes to serve a page, without a network, against the
//     queries that it makes, made by themselves, in the large database with 100,000 tasks beside its events. There is
//     a line for each page, and the largest is the result. The pages are the tasks, the feed, and a deal.
//
// # Tasks
//
// The databases of pages have 10,000 tasks and 1,000,000 tasks, of which the first are the same. There
// are three tenants, which have them 7 : 2 : 1, 12 kinds in four categories, 40 actors, 30 templates, 300
// words in titles of two to four, and 5,000 lists, of which a task is about none to two. 5 % failed, 3 %
// were cancelled, 2 % are previews, three of ten were started automatically; the last 600 are queued or
// processing, and all others completed. One of 1,000 is a recipe of 90 steps. They are stored by COPY, or
// by prepared statements, as AddTask would store them, which a test compares.
//
// More is better:
//
//   - outcomes_vs_copy: outcomes per second of a loop that makes one outcome after the other (a record, its
//     three fields before and after, the row; every twentieth has failed) and calls Run.Report, until
//     Run.Flush has returned, 30,000 at a time, against pgx.Conn.CopyFrom into activity_outcome in transactions
//     of 10,000 from the same loop, which also makes the JSON of the fields and the hash of the record. The
//     floor knows that no one else has the task, checks nothing, and keeps no counts.
//   - sqlite_outcomes_vs_copy: the same against a prepared statement, row by row, in transactions of 10,000.
//   - transition_vs_floor: Tenant.Start and Run.Complete of a queued task, whose kind has no limits, against two
//     transactions by hand. Each has one prepared statement: a guarded UPDATE of the task, an UPDATE of its
//     rows in activity_task_facet, and the event with its feeds and its leaf. All that is stored was computed
//     before, by a rehearsal of the same life, so that the floor reads nothing and hashes nothing. Tasks are
//     queued before a slice begins, in a database with 10,000 others.
//   - sqlite_transition_vs_floor: the same against five prepared statements in each transaction.
//
// Less is better:
//
//   - task_page_growth, sqlite_task_page_growth: Tenant.Tasks with 1,000,000 tasks against 10,000. The page is the
//     first one, of 50 tasks, with its Total, which counts to 1,000. There is a line for each shape of query,
//     and the largest is the result. The shapes are: all tasks of the largest tenant, and those with one
//     condition, for each condition that there is. Each has 64 queries. All pages are full, but for the
//     beginning of a run id, which finds a few tasks, as many in one database as in the other.
//   - report_memory_mib, sqlite_report_memory_mib: what Tenant.WriteReport adds to the memory of a process of its own,
//     which writes 1,000,000 outcomes to the null device: the peak of its resident memory (VmHWM, on Linux)
//     less what it had before (VmRSS).
//
// # Quotas
//
// A quota has the windows of an hour and of a day, which have room for everything, with the resolutions that they
// get by default, and one meter, an identity's, is charged. Callers are goroutines, eight of them, each with a
// connection. Where the day before has charges, these are made in memory, one unit at a time, evenly spread over
// the day and by 300 users in turn, and what a store would keep of them is stored by COPY, or by prepared
// statements; a test compares it with what the stores keep, and Usage and By are asked whether all is there.
//
// More is better:
//
//   - reserve_hot_vs_update: Meter.Reserve of one unit and Reservation.Commit, by all callers, of a meter with 1,000
//     charges, against the least that a database can do for it: two transactions (BEGIN, a prepared UPDATE that
//     adds 1 to a counter in a row of two numbers, COMMIT), by as many callers, each on a connection of pgx, all of
//     the same row. The floor checks nothing, knows no windows, and keeps no holds and no history.
//   - reserve_hot_vs_statement: the same against that UPDATE alone, twice, which commits by itself: a third of the
//     round trips. It has no target.
//   - sqlite_reserve_hot_vs_update: the same against BEGIN IMMEDIATE, the UPDATE and COMMIT, in a file of its own. The
//     callers take turns on one connection, as SQLite has one writer.
//   - use_per_second: Meter.Use of one unit in memory, by one goroutine with GOMAXPROCS 1, per second of the time that
//     processors work for the process, the garbage collector's included.
//
// Less is better:
//
//   - reserve_growth, sqlite_reserve_growth: Meter.Reserve of one unit, by one caller, with 1,000,000 charges of the
//     day before against 1,000 of them. The clock is the journal's, and goes on from the last of these charges.
//     What was reserved is committed after the slice.
//   - worst_window_ours: a limit of 1,000 units in two seconds, of which all callers reserve 10 at a time, commit
//     them, and ask again at once, also when they are refused, for four windows: the most units in any period of two
//     seconds, both ends included, by Reservation.At, the time at which the store counts them. The number by when the
//     calls returned is printed too; it can be a little larger, as some calls return later than others.
//
// # Peers
//
// These need the program redis-server, which make bench installs. The server is a private one, with a socket in the
// directory for temporary files, appendonly and appendfsync everysec, so that up to a second can be lost; it takes no
// snapshots and does not rewrite its log. The library stores in the PostgreSQL of the other benchmarks, and loses
// nothing. redis_rate's limiter is GCRA, whose state is one number for a key. Its slices are of 5 ms, because the
// library takes many times as long for the same work.
//
//   - reserve_vs_redis_rate: Reserve and Commit, as in reserve_hot_vs_update, against Limiter.Allow of redis_rate of one
//     unit, by as many callers: the library's rate over redis_rate's. It has no target.
//   - use_vs_redis_rate: the same with Meter.Use, which is one call as Allow is, and holds nothing. No target.
//   - worst_window_redis_rate: as worst_window_ours, with redis_rate's rate and burst both 1,000 in two seconds, and by
//     the time at which AllowN returned, as it tells no other. No target.
//
// # Ledger
//
// Each result is of PostgreSQL; those that begin with sqlite_ are of SQLite. Events are recorded in calls of 1,000 of
// one tenant, unless it says otherwise. Checkpoints are signed with Ed25519.
//
// More is better:
//
//   - seal_vs_append, sqlite_seal_vs_append: events per second of Store.Seal over events per second of Record, each on
//     one connection. Sealing takes what recording has left, so they work by turns, and recording is always first: 10,000
//     events are recorded, and then these are sealed, which is two batches. The ledger has 10,000 events before.
//   - index_vs_append, sqlite_index_vs_append: the same of Store.Index, which takes what was sealed into the directory; of the
//     names, most are known. No target.
//   - append_while_sealing_ratio, sqlite_append_while_sealing_ratio: events per second of Record while Journal.Run and one
//     Journal.Follow of all events are at work in the same process, over events per second while nobody seals. Slices last
//     two seconds or more. Both sides record into one database, so its tables are as large for one as for the other; and what
//     a slice without sealing has left is sealed after it, untimed, so that nothing waits when a slice begins. With
//     sealing, a slice begins when the follower is at the ledger's end and has been handed an event, and after the slice
//     it is waited for until it has all. How much of the slice was not sealed or seen at its end is printed: work that is
//     left for later makes recording look cheaper than it is.
//   - verify_per_second, export_per_second, and those of SQLite: events per second of Ledger.Verify without an earlier
//     checkpoint, and of Ledger.Export as NDJSON to nowhere, of a tenant with 1,000,000 events. Each is done three times.
//     They have no target.
//
// Less is better:
//
//   - follow_lag_p99_ms, follow_lag_p50_ms, and those of SQLite: milliseconds from the return of Record to the yield of a
//     Follow in the same process, of all events of ten seconds, in which 10 are recorded 100 times a second. The follower
//     polls, and nobody else seals. A call that is late does not delay those after it. On PostgreSQL,
//     follow_lag_listen_p99_ms and follow_lag_listen_p50_ms are with LISTEN. Only polling has a target, for 99 %.
//   - stream_lag_p99_ms, stream_lag_p50_ms, and those of SQLite: the same until 1,000 clients have the line of an event, each on a
//     connection of its own to the stream of activityhttp's feed, while 200 events a second are recorded one by one. The server and
//     all clients are in this process.
//   - prove_us, sqlite_prove_us: microseconds of Ledger.Prove, with its checkpoint, which looks for events to seal, and is
//     signed, for 64 events drawn by a fixed seed of 1,000,000. No target.
//   - prove_tiles, sqlite_prove_tiles: tiles that such a proof reads, on average. No target.
//
// # Summaries
//
//   - summary_ns, summary_allocs: what Journal.Summary takes for an event whose pattern has a plural
//     and two fields.
//   - summary_vs_template: decoding the payload into a struct and executing a text/template that was
//     parsed before, into a buffer from a pool, for the same sentence, against Summary: how many
//     times faster Summary is.
//   - summary_vs_template_decoded: the same without decoding. It has no target.
package main
