//go:build race

package main

// raceDetector says that everything is slow.
const raceDetector = true
