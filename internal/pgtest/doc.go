// Package pgtest gives every test a PostgreSQL database of its own, with no
// manual step.
//
// A test calls [New] or [FromTemplate] and gets the DSN of a database that
// nothing else uses and that is dropped when the test ends. The first call in a
// process starts a private server: a fresh cluster in a temporary directory,
// reachable through a Unix socket only, without the settings that make data
// survive a crash. It needs the server's programs (version 13 or later) in PATH
// or where the usual packages put them. A process started by root runs the
// server as the account postgres.
//
// A watchdog process stops the server and removes its directory once the test
// process is gone, however it went: return, panic, [os.Exit] or SIGKILL. Nobody
// needs a TestMain.
//
// # Environment
//
// ACTIVITY_TEST_POSTGRES is the DSN of a running server to use instead, as a
// user who may create databases. Databases get random names, and a watchdog
// drops what a killed process left behind.
//
// ACTIVITY_TEST_REQUIRE=postgres makes a test fail where it would be skipped
// because there is no server to be had.
//
// # Programs
//
// [Start] gives a program, such as a benchmark, a private server that it can
// configure and stop.
package pgtest
