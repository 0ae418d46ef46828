# Events that failed too often and were set aside.
failed-title = Failed events
failed-intro = An event tells that a record may have changed. These were tried for about a day, and set aside. Mend the cause, and replay them; the records are then looked at as they are now.
failed-none = No event failed
failed-none-more = Events that can't be dealt with in about a day will be here. Nothing is to be done.
failed-total = { $count ->
    [one] 1 failed event
   *[other] { $count } failed events
}
failed-about = About
failed-about-record = { $module } { $id } of { $system }
failed-about-module = { $module }, all of them
failed-about-nothing = An event that can't be read
failed-reason = Why
failed-at = Set aside
failed-received = Received
failed-attempts = Attempts
failed-event = Event
failed-choose = Choose
failed-choose-one = Choose the event about { $name }
failed-choose-all = Choose all of this page
failed-none-chosen = No event is chosen. Go back and tick those that are meant.
failed-replay-chosen = Replay the chosen ones
failed-discard-chosen = Discard the chosen ones
failed-replay-all = { $count ->
    [one] Replay the one
   *[other] Replay all { $count }
}
failed-discard-all = { $count ->
    [one] Discard the one
   *[other] Discard all { $count }
}
failed-discard-confirm = Discard these events for good? The records stay as they are until they change again or the next full sweep.
failed-replay = Replay
failed-discard = Discard
failed-replayed = { $count ->
    [0] Nothing was replayed: it was replayed or discarded meanwhile.
    [one] 1 event is tried again now.
   *[other] { $count } events are tried again now.
}
failed-discarded = { $count ->
    [0] Nothing was discarded: it was replayed or discarded meanwhile.
    [one] 1 event is forgotten.
   *[other] { $count } events are forgotten.
}
failed-unreadable-stay = { $count ->
    [one] 1 can't be read, and stays.
   *[other] { $count } can't be read, and stay.
}
failed-unreadable = It can't be read, and so not be replayed; it can only be discarded.
failed-history = Attempts
failed-history-intro = How the first and the latest ones ended.
failed-payload = What came with it
failed-payload-intro = The names of the fields. What people wrote in them is not shown.
failed-payload-none = Nothing came with it but that the record may have changed.
failed-journal = What the sync log tells of the record
failed-journal-none = Nothing.
failed-record = Open the record
failed-told = Told
failed-change = Change
failed-change-sweep = a whole module is to be looked at
failed-change-changed = created or changed
failed-change-deleted = deleted
failed-change-stock-touched = stock may have moved
failed-change-stock-moved = stock moved
failed-change-take = a value that lost is taken
failed-back = All failed events
failed-discard-sure = Forget these events? What they told of is found by a full sweep at the latest.
