# What needs a person.
attention-title = Needs attention
attention-intro = Records that are not in step, and why. What you mend in a record is noticed by itself; “Retry” looks again at once.
attention-filter = Filter
attention-nothing = Nothing needs you
attention-nothing-more = All that was told of is in step. Records that can't be synced will be here, with what to do about each.
attention-where = Where
attention-why = Why, and what to do
attention-since = Since
attention-choose = Choose
attention-choose-one = Choose { $name }
attention-choose-all = Choose all of this page
attention-none-chosen = No record is chosen. Go back and tick those that are meant.
attention-none-of-it = No record has this trouble at the moment.
attention-retry-chosen = Retry the chosen ones
attention-retry-all = { $count ->
    [one] Retry the one
   *[other] Retry all { $count }
}
attention-retried = { $count ->
    [0] None of these records needs to be looked at any more.
    [one] 1 record is looked at now. Load this page again in a moment.
   *[other] { $count } records are looked at now. Load this page again in a moment.
}
attention-show-all = Show all { $count }
attention-back = All that needs attention
attention-take-field = Take this value for { $field } of { $name }
attention-leave-field = Leave as is: { $field } of { $name }

attention-held = { $count ->
    [one] 1 record is gone or blank, and nothing is done about it yet
   *[other] { $count } records are gone or blank, and nothing is done about it yet
}
attention-held-remedy = So many at once may be a mistake. If they are meant to be gone, let that be passed on to { $other }. If not, bring them back; the next sweep then finds nothing to do.
attention-allow = Pass it on
attention-allow-confirm = Pass the loss of { $count } records on to the other system?
attention-allowed = The next sweep passes the deletions on. It begins in a moment.

attention-conflicts = Conflicts
attention-conflicts-remedy = Both systems changed a field to different values, and the rule decided. One click takes the value that lost. Conflicts of the last 30 days are shown.

attention-no-email = No e-mail address
attention-no-email-remedy = Contacts find each other by their e-mail address. Enter one in each record.
attention-invalid-email = E-mail address that is not valid
attention-invalid-email-remedy = Correct the address in each record.
attention-mandatory = Mandatory field is blank
attention-mandatory-remedy = The other system demands a value. Fill the field in, or give its mapping a default value.
attention-ambiguous = Several records match
attention-ambiguous-remedy = Merge the records that share an e-mail address or SKU, or link the right one on the record's page.
attention-linked-elsewhere = The matching record is linked with another one
attention-linked-elsewhere-remedy = Two records share an e-mail address or SKU. Merge them, or change that of one.
attention-reference = Waits for another record
attention-reference-remedy = Mend the record that each refers to; these follow by themselves.
attention-guest = Orders of guests
attention-guest-remedy = The settings leave guests' orders out. Nothing is to be done if that is meant.
attention-deleted-and-edited = Deleted on one side, edited on the other
attention-deleted-and-edited-remedy = Restore the deleted record to keep it, or delete the other one, too.
attention-storm = Changes back and forth without end
attention-storm-remedy = A plugin or workflow rewrites a field again and again. Stop it there, or switch the mapping off; then retry.
attention-unsupported = Can't be done in the other system
attention-unsupported-remedy = What to do depends on the record; it is told beside each.
attention-staff = Accounts of the shop's staff
attention-staff-remedy = Nothing is to be done for colleagues. Others should have the role Customer in WooCommerce.
attention-rejected = Refused by the other system
attention-rejected-remedy = Correct the value that is refused; the message names it.
attention-deleted = Counterpart was deleted
attention-deleted-remedy = Delete these records too, or restore their counterparts.
attention-overtaken = Changed before a value could be taken
attention-overtaken-remedy = Look at the record, and take the value again where that is still meant.
attention-failed = Failed again and again
attention-failed-remedy = Mend the cause, and retry. Failed events have more on each.
