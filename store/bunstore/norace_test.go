//go:build !race

package bunstore_test

const raceDetector = false
