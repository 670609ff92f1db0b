package main

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []float64
		q      float64
		want   float64
	}{
		{"one", []float64{3}, 0.5, 3},
		{"odd", []float64{9, 1, 5}, 0.5, 5},
		{"even", []float64{4, 1, 2, 3}, 0.5, 2.5},
		{"least", []float64{4, 1, 2, 3}, 0, 1},
		{"most", []float64{4, 1, 2, 3}, 1, 4},
		{"quarter", []float64{1, 2, 3, 4, 5}, 0.25, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			given := slices.Clone(test.values)
			if got := quantile(test.values, test.q); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if !slices.Equal(test.values, given) {
				t.Error("the values were changed")
			}
		})
	}
	if got := quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("of nothing: got %v", got)
	}
}

// sleeper is a side whose work takes a time, and which notes each slice.
func sleeper(name string, d time.Duration, log *[]string) side {
	return side{
		name:    name,
		prepare: func(int) error { *log = append(*log, name); return nil },
		run: func(n int) error {
			time.Sleep(time.Duration(n) * d)
			return nil
		},
	}
}

func TestCompare(t *testing.T) {
	var log []string
	a, b := sleeper("a", 4*time.Millisecond, &log), sleeper("b", 2*time.Millisecond, &log)
	c, err := compare(4, 10*time.Millisecond, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if r := c.ratio(); r < 1.2 || r > 3 {
		t.Errorf("ratio %v, want about 2", r)
	}
	if c.n < 4 || len(c.ratios) != 4 {
		t.Errorf("%d slices of %d", len(c.ratios), c.n)
	}
	turns := log[len(log)-8:]
	if want := []string{"a", "b", "b", "a", "a", "b", "b", "a"}; !slices.Equal(turns, want) {
		t.Errorf("turns %v, want %v", turns, want)
	}
}

func TestFastest(t *testing.T) {
	var log []string
	best, medians, err := fastest(2, 5*time.Millisecond,
		sleeper("slow", 9*time.Millisecond, &log), sleeper("fast", time.Millisecond, &log))
	if err != nil {
		t.Fatal(err)
	}
	if best != 1 || len(medians) != 2 || medians[0] < medians[1] {
		t.Errorf("best %d of %v", best, medians)
	}
}

func TestCompareFails(t *testing.T) {
	wrong := errors.New("wrong")
	fine := side{run: func(int) error { return nil }}
	for name, bad := range map[string]side{
		"prepare": {prepare: func(int) error { return wrong }, run: fine.run},
		"run":     {run: func(int) error { return wrong }},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := compare(1, time.Millisecond, fine, bad); !errors.Is(err, wrong) {
				t.Errorf("got %v", err)
			}
			if _, _, err := fastest(1, time.Millisecond, fine, bad); !errors.Is(err, wrong) {
				t.Errorf("got %v", err)
			}
		})
	}
}
