# The sync log: what is new, line by line, the records behind it, runs, and syncs that somebody asks for.
log-title = Sync log
log-intro = What was done in each system, minute by minute. Each number leads to its records.
log-latest-intro = What was done in each system, by minute.
log-times-in-utc = Times in UTC.
log-of = Sync log of { $system }
log-all = The whole sync log
log-runs-link = Runs
log-date = Date
log-time = Time
log-connection = Connection
log-connection-named = Connection { $name }
log-module = Module
log-created = Created
log-updated = Updated
log-skipped = Skipped
log-other = Other
log-other-explained = Linked, deleted, or taken out of the trash
log-failed = Failed
log-nothing-written = Nothing was written to { $system } yet.
log-nothing-found = Nothing was done in { $system } that fits. Choose a longer time, or leave more in.
log-older = Older lines of { $system }
log-records-behind = { $count ->
    [one] 1 record { $what }: show it
   *[other] { $count } records { $what }: show them
}

log-open-simulated = Open the simulated { $system }
log-latest = Latest changes
log-newest-first = The newest first.
log-nothing-yet = Nothing was synced yet. As soon as a contact is created or changed in WooCommerce or in Vtiger CRM, it is brought to the other system within seconds, and this page tells what was done, field by field.
log-no-changes = no changes yet
log-last-change = last change { $ago }
log-drained = , done in { $time }
log-events-failed = { $count ->
    [one] 1 event failed
   *[other] { $count } events failed
}
log-outage = The log can't be read at the moment: the database does not answer. What stands here may be out of date. The program's own log names the cause.

# Ages and times.
log-just-now = just now
log-seconds-ago = { $count } s ago
log-minutes-ago = { $count } min ago
log-hours-ago = { $count } h ago
log-days-ago = { $count } days ago
log-few-seconds = a few seconds
log-about-seconds = about { $count } s
log-about-minutes = about { $count } min
log-about-hours = about { $count } h

# One change.
log-to = to
log-becomes = becomes
log-nameless = Record without a name
log-sentence = { $action } in { $system }: { $name }
log-guest = guest { $email }
log-cause-webhook = told by a webhook
log-cause-callback = told by a callback
log-cause-sweep = found by a sweep
log-cause-backfill = first sync
log-cause-retry = tried anew
log-not-synced = Not synced:
log-what-to-do = What to do:
log-lossy = { $system } can't hold all of it
log-conflict = Conflict.
log-not-kept = Not kept, from { $system }:

# What to leave out.
log-filter = Choose what to show
log-any = all
log-status = What happened
log-status-unsynced = skipped or failed
log-status-other = linked, deleted or restored
log-side = Written to
log-from = From (UTC)
log-until = Before (UTC)
log-show = Show
log-show-all = Show everything
log-download = Download CSV
log-show-records = Show these records
log-show-lines = Show these by minute

# The chart.
log-chart = Throughput, failures and latency
log-chart-numbers = Records in each step of time, synced, skipped and failed
log-chart-numbers-described = { $synced } synced and { $skipped } skipped; at most { $most } records in a step.
log-chart-times = How long changes took, from the moment they were told of
log-chart-times-described = The slowest took { $slowest }.
log-chart-most = at most { $count }
log-chart-slowest = slowest { $time }
log-chart-table = The same as a table
log-chart-empty = Nothing was done in this time.
log-synced = Synced
log-mean = Mean time
log-slowest = Slowest
log-chart-untimed = How long changes took is known of those that a webhook or a callback told of. There are none in this time.

# Records.
log-records-title = Records
log-records-intro = What was done with each record, the newest first.
log-record = Record
log-happened = What happened
log-why = Why, and what to do
log-open-in = Open in { $system }
log-open-in-for = Open in { $system }: { $name }
log-no-records = There are no records that fit. Choose a longer time, or leave more in.
log-when = When

# Runs.
log-runs-title = Runs
log-runs-intro = What was done together: syncs, first syncs, and changes as they happened, a quarter of an hour each.
log-runs-none = There were no runs yet. A first sync, a sync that somebody asks for, or the first change begins one.
log-run = Run
log-begun = Begun
log-ended = Ended
log-state = State
log-broken-off = Broken off:
log-run-nothing = Nothing had to be done.
log-run-so-far = Nothing was done so far.
log-run-records = What was done
log-run-no-records = Nothing is known of single records.
log-back-to-runs = All runs

# Sync now.
log-sync-now = Sync now
log-sync-now-explained = Looks for changes that were not announced, in both systems.
log-sync-module = Module
log-sync-all = All modules
log-sync-title = Sync now: { $name }
log-sync-waits = The sync was asked for. It begins within seconds; when one has just ended, after a quarter of a minute.
log-sync-begun = It is under way. Numbers grow as records are dealt with.
log-sync-done = Done. Everything that was found is dealt with.
log-sync-broken-off = It was broken off. What was done stays done; the next sync goes on where this one ended.
log-sync-waiting = { $count ->
    [0] No records wait
    [one] 1 record waits
   *[other] { $count } records wait
}
log-sync-open-run = Show the run and its records
log-queue-away = The queue does not answer. Events are kept, and dealt with once it does.
