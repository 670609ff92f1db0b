package catalogue

import (
	"fmt"

	"github.com/go-activity/activity"
)

// Call is the payload of [CallCompleted].
type Call struct {
	Inbound bool   `json:"inbound,omitempty"` // the contact called
	Outcome string `json:"outcome,omitempty"` // "no_answer", "busy", "voicemail"; empty: they talked
	Minutes int    `json:"minutes,omitempty"`
	Topic   string `json:"topic,omitempty"`
}

// Validate refuses outcomes that the summary has no words for.
func (c Call) Validate() error {
	switch c.Outcome {
	case "", "no_answer", "busy", "voicemail":
	default:
		return fmt.Errorf("outcome is %q", c.Outcome)
	}
	if c.Minutes < 0 {
		return fmt.Errorf("minutes are %d", c.Minutes)
	}
	return nil
}

// CallCompleted is about the contact first.
var CallCompleted = activity.Define[Call]("call.completed", activity.TypeOptions{
	Label: "Call completed", Category: "calls", Icon: "phone",
	Summary: "{inbound, select, true {took a call from {about}} other {called {about}}}" +
		"{outcome, select, no_answer {, who did not answer} busy {, whose line was busy} voicemail { and left a voice message} other {}}" +
		"{minutes, plural, =0 {} one { for # minute} other { for # minutes}}{topic, plural, =0 {} other {: {topic}}}",
	Translations: spanish("{inbound, select, true {atendió una llamada de {about}} other {llamó a {about}}}" +
		"{outcome, select, no_answer {, sin respuesta} busy {, que comunicaba} voicemail { y dejó un mensaje de voz} other {}}" +
		"{minutes, plural, =0 {} one { durante # minuto} other { durante # minutos}}{topic, plural, =0 {} other {: {topic}}}"),
})
