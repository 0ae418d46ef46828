# Records: searched, and one of them with its history.
records-title = Records
records-intro = What happened to a record, and why? Look it up by what you know of it.
records-question = Name, e-mail address, SKU, order number or id
records-connection = Connection
records-module = Module
records-any = All
records-search = Search
records-hint = Type the beginning of a name, an e-mail address, a SKU, an order number or an id of either system. Several words narrow the search down.
records-none = Nothing is found for “{ $question }”.
records-none-remedy = Check the spelling, or search for less of it: the beginnings of words count. A record is found from the moment on at which an event or a sweep first told of it.
records-found = { $count ->
    [one] 1 record
   *[other] { $count } records
}
records-more = There are more. Add another word to narrow the search down.
records-name = Name
records-key = Matched by
records-no-record = none
records-unnamed = Record without a name

records-is-linked = linked
records-is-not-linked = not linked
records-deleted = deleted
records-open = Open in { $system }
records-not-in-step = Not in step:
records-remedy = What to do:
records-since = since
records-quarantined = It changes back and forth without end, and is left alone until
records-sync = Sync now
records-sync-asked = The service looks at the record now. Its history tells how that went; load this page again in a moment.
records-unlink = Unlink
records-unlink-confirm = Unlink the two records? Both stay as they are, until one of them changes.
records-unlinked = The two records are linked no more. They find each other again when one of them changes, unless what they match by is changed first.
records-link = Link with a record
records-link-other = Link with another record
records-link-id = Id in { $system }
records-link-blank = Id in { $system }: it is blank. Enter the id of the record to link with.
records-link-button = Link
records-link-hint = Other links of the two are forgotten, and the service brings them into step.
records-linked = { $woocommerce } in WooCommerce and { $vtiger } in Vtiger CRM are linked now; the service brings them into step.

records-conflicts = Conflicts
records-conflicts-intro = Both systems changed the field. One click takes the value that lost.
records-conflict = Conflict.
records-field = Field
records-kept = Kept
records-lost = Lost
records-when = When
records-settle = Settle
records-take = Take this value
records-take-field = Take this value for { $field }
records-take-what = it does not say which value is to be taken
records-taken = The value is written to both systems now. The history tells when that is done; load this page again in a moment.
records-leave = Leave as is
records-leave-field = Leave as is: { $field }
records-left = The conflict stays as it was decided.
records-not-kept = Not kept, from { $system }:

records-failed = Failed events
records-failed-intro = They were tried again and again, and set aside.
records-failed-attempts = { $count ->
    [one] after 1 attempt:
   *[other] after { $count } attempts:
}

records-fields = Field by field
records-reading = Reading both systems…
records-read-now = Read both systems now
records-as-read = As both systems showed it just now.
records-away = A system could not be read: { $problem }. What is known without it is shown.
records-nothing = Nothing would be done: { $reason }.
records-fields-none = No field of this module is mapped.
records-state = State
records-state-in-step = in step
records-state-differs = differs
records-state-kept = kept apart
records-state-conflict = conflict
records-unread = not read
records-base = Agreed last
records-never-agreed = never
records-mapping = Mapping
records-both-ways = ↔
records-to-vtiger = →
records-to-woocommerce = ←
records-transforms = { $count ->
    [one] 1 transform
   *[other] { $count } transforms
}
records-would-write = to be written to { $system }: { $value }
records-writer = Last written from
records-no-writer = not told

records-history = History
records-history-none = The sync log tells nothing of this record. What is older than sync_log.retention is forgotten.
records-older = Older
records-to = to
records-becomes = becomes
records-lossy = ({ $system } can't hold all of it)
records-action-created = created
records-action-updated = updated
records-action-linked = linked
records-action-deleted = deleted
records-action-restored = restored
records-action-skipped = skipped
records-action-failed = failed
records-cause-webhook = told by a webhook
records-cause-callback = told by a callback
records-cause-sweep = found by a sweep
records-cause-backfill = first sync
records-cause-retry = tried anew
records-debug = What was said to both systems about it (debug log)
