package catalogue

import "github.com/go-activity/activity"

// The reports on imports and exports are the library's: activity.ImportOutcomes and activity.ExportOutcomes.

// FindOutcomes are the categories of a report on a search or a scraping.
func FindOutcomes() []activity.OutcomeKind {
	return []activity.OutcomeKind{
		{Name: "found", Label: "Found", Counts: activity.Created},
		{Name: "known", Label: "Known already", Counts: activity.Unmodified},
		failed(),
	}
}

// EnrichmentOutcomes are the categories of a report on an enrichment.
func EnrichmentOutcomes() []activity.OutcomeKind {
	return []activity.OutcomeKind{
		{Name: "enriched", Label: "Enriched", Counts: activity.Updated},
		{Name: "nothing_new", Label: "Nothing new", Counts: activity.Unmodified},
		{Name: "not_found", Label: "Not found", Counts: activity.Warned},
		failed(),
	}
}

// CampaignOutcomes are the categories of a report on contacts that were added to a campaign.
func CampaignOutcomes() []activity.OutcomeKind {
	return []activity.OutcomeKind{
		{Name: "added", Label: "Added", Counts: activity.Created},
		{Name: "in_campaign", Label: "In the campaign already", Counts: activity.Unmodified},
		{Name: "excluded", Label: "Excluded", Counts: activity.Warned},
		failed(),
	}
}

// EmailOutcomes are the categories of a report on emails.
func EmailOutcomes() []activity.OutcomeKind {
	return []activity.OutcomeKind{
		{Name: "sent", Label: "Sent", Counts: activity.Created},
		{Name: "unsubscribed", Label: "Unsubscribed", Counts: activity.Warned},
		{Name: "no_address", Label: "No email address", Counts: activity.Warned},
		failed(),
	}
}

// LikeOutcomes are the categories of a report on posts that were liked.
func LikeOutcomes() []activity.OutcomeKind {
	return []activity.OutcomeKind{
		{Name: "liked", Label: "Liked", Counts: activity.Created},
		{Name: "liked_before", Label: "Liked already", Counts: activity.Unmodified},
		{Name: "no_post", Label: "No post", Counts: activity.Warned},
		failed(),
	}
}

// InvitationOutcomes are the categories of a report on invitations.
func InvitationOutcomes() []activity.OutcomeKind {
	return []activity.OutcomeKind{
		{Name: "invited", Label: "Invited", Counts: activity.Created},
		{Name: "connected", Label: "Connected already", Counts: activity.Unmodified},
		{Name: "pending", Label: "Invited already", Counts: activity.Unmodified},
		failed(),
	}
}

// MessageOutcomes are the categories of a report on messages.
func MessageOutcomes() []activity.OutcomeKind {
	return []activity.OutcomeKind{
		{Name: "sent", Label: "Sent", Counts: activity.Created},
		{Name: "not_connected", Label: "Not connected", Counts: activity.Warned},
		failed(),
	}
}

// failed is named as in the library's sets.
func failed() activity.OutcomeKind {
	return activity.OutcomeKind{Name: "error", Label: "Error", Counts: activity.Failed}
}
