package catalogue

import "github.com/go-activity/activity"

// StageChange is the payload of [DealStageChanged].
type StageChange struct {
	From string `json:"from,omitempty"` // empty: the deal is new
	To   string `json:"to"`
}

// Validate wants the new stage.
func (s StageChange) Validate() error { return required("to", s.To) }

// WonDeal is the payload of [DealWon].
type WonDeal struct {
	Amount   int64  `json:"amount,omitempty"` // in whole units of the currency
	Currency string `json:"currency,omitempty"`
}

// The types of deals. They are about the deal first.
var (
	DealStageChanged = activity.Define[StageChange]("deal.stage_changed", activity.TypeOptions{
		Label: "Stage changed", Category: "deals", Icon: "arrow-right",
		Summary:      "moved{from, plural, =0 {} other { from {from}}}{to, plural, =0 { to another stage} other { to {to}}}",
		Translations: spanish("cambió la fase{from, plural, =0 {} other { de {from}}}{to, plural, =0 {} other { a {to}}}"),
	})
	DealWon = activity.Define[WonDeal]("deal.won", activity.TypeOptions{
		Label: "Deal won", Category: "deals", Icon: "trophy",
		Summary:      "won the deal{amount, plural, =0 {} other { for {amount, number} {currency}}}",
		Translations: spanish("cerró la venta{amount, plural, =0 {} other { por {amount, number} {currency}}}"),
	})
)
