//go:build race

package bunstore_test

// raceDetector is whether the tests run with the race detector, under which SQLite takes ten times as long.
const raceDetector = true
