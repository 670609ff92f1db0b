package main

import (
	"errors"
	"time"

	"github.com/go-redis/redis_rate/v10"

	"github.com/go-activity/activity"
)

// redisKey is the key that redis_rate charges.
const redisKey = tenant + ":scrapings:ana"

// redisSide asks redis_rate for one unit after the other, which it never refuses.
func redisSide(b *bench, limiter *redis_rate.Limiter) side {
	limit := redis_rate.Limit{Rate: roomy, Burst: roomy, Period: time.Second}
	return byCallers("redis_rate", func(int) error {
		r, err := limiter.Allow(b.ctx, redisKey, limit)
		if err == nil && r.Allowed != 1 {
			err = errors.New("redis_rate refused a unit")
		}
		return err
	})
}

// useHot uses one unit after the other.
func useHot(b *bench, m activity.Meter) side {
	return byCallers("Use", func(int) error { return m.Use(b.ctx, 1) })
}

// redisRates compares Reserve and Commit, and Use, with redis_rate.
func (b *bench) redisRates() (err error) {
	b.progress("redis_rate, and PostgreSQL, by %d callers", callers)
	server, err := startRedis(b.ctx, b.redis, b.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	seed, err := newCharged(b.ctx, fewTimes, time.Now())
	if err != nil {
		return err
	}
	d, err := b.openCharged("redis_rate", seed)
	if err != nil {
		return err
	}
	defer d.close()
	m, err := newMeter(d.store, nil, hourAndDay...)
	if err != nil {
		return err
	}
	peer := redisSide(b, redis_rate.NewLimiter(server))
	for _, part := range []struct {
		name string
		ours side
	}{{"reserve_vs_redis_rate", reserveHot(b.ctx, m)}, {"use_vs_redis_rate", useHot(b, m)}} {
		if !b.wanted(part.name) {
			continue
		}
		c, err := compare(b.size.rounds, b.size.slice/10, peer, part.ours) // ours takes many times as long
		if err != nil {
			return err
		}
		b.progress("  %s: %.3f (half of the slices %.3f to %.3f), the library %.0f/s, redis_rate %.0f/s", part.name, c.ratio(),
			quantile(c.ratios, 0.25), quantile(c.ratios, 0.75), 1/quantile(c.b, 0.5), 1/quantile(c.a, 0.5))
		b.report(part.name, c.ratio(), target{})
	}
	return nil
}

// redisWorstWindow counts what redis_rate lets through.
func (b *bench) redisWorstWindow() (err error) {
	b.progress("redis_rate, %d units in %v", windowLimit, b.size.window)
	server, err := startRedis(b.ctx, b.redis, b.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	limiter := redis_rate.NewLimiter(server)
	limit := redis_rate.Limit{Rate: windowLimit, Burst: windowLimit, Period: b.size.window}
	all, err := b.hammer(func() (time.Time, bool, error) {
		r, err := limiter.AllowN(b.ctx, redisKey, limit, windowUnits)
		if err != nil {
			return time.Time{}, false, err
		}
		return time.Time{}, r.Allowed == windowUnits, nil
	})
	if err != nil {
		return err
	}
	b.tellWindow("worst_window_redis_rate", target{}, all, all.returned)
	return nil
}
