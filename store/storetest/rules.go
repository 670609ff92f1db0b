package storetest

import "slices"

// rules are the cases for single sentences of the contract, in its order.
func rules() []testCase {
	return slices.Concat(
		wholeCases,
		endCases,
		txCases,
		joinCases,
		appendCases,
		keyCases,
		eventCases,
		feedCases,
		countCases,
		queryCases,
		taskWholeCases,
		taskTxCases,
		addTaskCases,
		changeTaskCases,
		listTasksCases,
		taskFilterCases,
		admitCases,
		claimCases,
		lostCases,
		outcomeCases,
		quotaWholeCases,
		quotaTxCases,
		chargeQuotaCases,
		settleHoldsCases,
		giveBackCases,
		readQuotaCases,
		ledgerWholeCases,
		ledgerTxCases,
		sealCases,
		entryCases,
		consumerCases,
		timelineWholeCases,
		directoryCases,
		relationCases,
		markCases,
		eraseCases,
	)
}
