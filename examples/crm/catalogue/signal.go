package catalogue

import "github.com/go-activity/activity"

// Signal is the payload of [SignalDetected].
type Signal struct {
	Signal string `json:"signal"` // "hiring", "funding", "job_change", "website_visit", or one of the host's
	Count  int    `json:"count,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Validate wants to know which signal.
func (s Signal) Validate() error { return required("signal", s.Signal) }

// SignalDetected is what hints that somebody may buy.
var SignalDetected = activity.Define[Signal]("signal.detected", activity.TypeOptions{
	Label: "Signal detected", Category: "signals", Icon: "radar",
	Summary: "detected {signal, select," +
		" hiring {{count, plural, =0 {job openings} one {# job opening} other {# job openings}}}" +
		" funding {a funding round}" +
		" job_change {a change of job}" +
		" website_visit {{count, plural, =0 {visits to the website} one {# visit to the website} other {# visits to the website}}}" +
		" other {a signal}}{detail, plural, =0 {} other {: {detail}}}",
	Translations: spanish("detectó {signal, select," +
		" hiring {{count, plural, =0 {ofertas de empleo} one {# oferta de empleo} other {# ofertas de empleo}}}" +
		" funding {una ronda de financiación}" +
		" job_change {un cambio de puesto}" +
		" website_visit {{count, plural, =0 {visitas a la web} one {# visita a la web} other {# visitas a la web}}}" +
		" other {una señal}}{detail, plural, =0 {} other {: {detail}}}"),
})
