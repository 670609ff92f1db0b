package storetest

import (
	"time"

	"github.com/go-activity/activity"
)

const placeRule = "A task waits for a place if, with Max above 0, at least Max tasks of its tenant and kind are processing or queued before it; those that wait for something else do not count, nor do recipes."

// placeCases are about the places of a kind.
var placeCases = []testCase{
	{"waiting for a place", placeRule, checkPlace},
	{"places of others", placeRule, checkPlacesOfOthers},
	{"places and what waits for something else", placeRule, checkPlaceOfWaiting},
	{"places and recipes", placeRule, checkPlaceOfRecipes},
}

// queue checks that of some tasks, the first ones are free to start and the others wait for one of so
// many places.
func (s subject) queue(places, free int, tasks ...activity.Task) {
	s.Helper()
	for i, task := range tasks {
		want := forPlace
		if i < free || places == 0 {
			want = activity.Wait{}
		}
		s.admits(admissionOf(task, places), want)
	}
}

func checkPlace(s subject) {
	queued := []activity.Task{newTask(10), newTask(20, leased), newTask(30), newTask(40)}
	s.stores(queued[2], queued[0], queued[3], queued[1]) // in another order than they were queued
	s.queue(0, 0, queued...)
	for places := 1; places <= 5; places++ {
		s.queue(places, places, queued...)
	}
	s.stores(newTask(5, started), newTask(50, started)) // older or younger: what is processing has a place
	for places := range 7 {
		s.queue(places, places-2, queued...)
	}
	s.becomes(newTask(5), activity.StatusCompleted)
	s.queue(3, 2, queued...)
	s.becomes(queued[0], activity.StatusProcessing)
	s.queue(3, 1, queued[1:]...)
	s.becomes(newTask(50), activity.StatusQueued)
	s.queue(2, 1, queued[1], queued[2], queued[3], newTask(50))
}

func checkPlacesOfOthers(s subject) {
	s.stores(
		newTask(1, taskKind("export")), newTask(2, taskKind("export"), started), newTask(3, taskKind("import.csv"), started), newTask(4, taskKind("impor_"), started),
		newTask(5, taskOf(globex)), newTask(6, taskOf(globex), started), newTask(7, endedAs(activity.StatusCompleted)), newTask(8, endedAs(activity.StatusFailed)),
		newTask(9, endedAs(activity.StatusCancelled)), newTask(10), newTask(11), newTask(12),
	)
	s.queue(1, 1, newTask(10), newTask(11), newTask(12))
	s.queue(2, 2, newTask(10), newTask(11), newTask(12))
}

func checkPlaceOfWaiting(s subject) {
	until := now.Add(time.Minute)
	running := newTask(1, taskKind("export"), withKey("busy"), started)
	first := newTask(2, taskKind("export"), withKey("taken"))
	later := newTask(3, waiting(activity.Wait{For: activity.WaitLater, Until: until}))
	s.stores(running, first, later, newTask(4, withKey("busy")), newTask(5, withKey("taken")), newTask(6), newTask(7))
	s.queue(1, 1, newTask(6), newTask(7))
	s.queue(2, 2, newTask(6), newTask(7))
	// What a task ahead waited for when somebody looked does not matter.
	s.stores(newTask(8, waiting(forPlace)), newTask(9, waiting(forTask(running))), newTask(10))
	s.queue(4, 4, newTask(6), newTask(7), newTask(8), newTask(9), newTask(10))
	// When its time has come, it is ahead of the others.
	admission := admissionOf(newTask(6), 1)
	admission.Now = until
	s.admits(admission, forPlace)
	admission.Max = 2
	s.admits(admission, activity.Wait{})
	// So it is when the task with its key has ended.
	s.becomes(running, activity.StatusCompleted)
	s.queue(2, 1, newTask(6), newTask(7))
	s.queue(1, 1, newTask(4), newTask(6))
	s.becomes(first, activity.StatusCancelled)
	s.queue(3, 3, newTask(4), newTask(5), newTask(6), newTask(7))
}

func checkPlaceOfRecipes(s subject) {
	running := newTask(1, asRecipe, started)
	s.stores(running, newTask(2, asRecipe), newTask(3), newTask(4, asRecipe), newTask(5), newTask(6, asRecipe, withKey("k")), newTask(7, asRecipe, withKey("k")))
	s.queue(1, 1, newTask(3), newTask(5))
	for _, n := range []int{2, 4, 6} { // a recipe needs no place
		s.admits(admissionOf(newTask(n), 1), activity.Wait{})
	}
	s.admits(admissionOf(newTask(7), 1), forTask(newTask(6)))
	s.becomes(newTask(3), activity.StatusProcessing)
	s.queue(1, 0, newTask(5))
	s.queue(2, 1, newTask(5))
	s.admits(admissionOf(newTask(4), 1), activity.Wait{})
}
