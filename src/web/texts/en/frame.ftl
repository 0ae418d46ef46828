# What surrounds every page.
frame-menu = Pages
frame-skip = Skip to the content
frame-overview = Sync log
frame-records = Records
frame-attention = Needs attention
frame-failed = Failed events
frame-settings = Settings
frame-connections = Connections
frame-debug = Debug log
frame-health = Health
frame-accounts = Accounts
frame-your-account = Your account
frame-sign-out = Sign out
frame-signed-in = Signed in as { $name }
frame-reader = may look, not change
frame-demo = Demonstration.
frame-demo-explained = Both systems are simulated. Change a contact, a product or an order in one of them, and watch it arrive here and in the other.
frame-back = Back
frame-save = Save
frame-cancel = Cancel
frame-remove = Remove
frame-yes = yes
frame-no = no
frame-blank = blank
frame-next-page = Next page
frame-first-page = First page
frame-table = Table

frame-events-waiting = { $count ->
    [0] No events waiting
    [one] 1 event waiting
   *[other] { $count } events waiting
}

# When a page can't be shown.
frame-not-found = Not found
frame-refused = That can't be done
frame-refused-reader = Your account may look at everything, but change nothing. Ask an admin to do it, or to make you one.
frame-refused-form = This form is too old, or did not come from this site. Go back, load the page again, and send it once more.
frame-refused-origin = This request came from another site, and was not carried out.
frame-broken-form = The form could not be read: { $problem }.
frame-outage-title = Not available
frame-outage = The database does not answer
frame-outage-remedy = Check that its disk is not full, and that the program may read and write the folder that the database is in. The program's own log names the cause.
frame-outage-again = This page tries again every ten seconds.
frame-no-page = There is no such page. It may have been moved, or what it was about is gone.
