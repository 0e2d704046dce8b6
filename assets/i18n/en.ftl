### What the window says, in English.

## Times

day-today = Today
day-yesterday = Yesterday
day-monday = Monday
day-tuesday = Tuesday
day-wednesday = Wednesday
day-thursday = Thursday
day-friday = Friday
day-saturday = Saturday
day-sunday = Sunday
day-short-monday = Mon
day-short-tuesday = Tue
day-short-wednesday = Wed
day-short-thursday = Thu
day-short-friday = Fri
day-short-saturday = Sat
day-short-sunday = Sun
day-this-year = { $order ->
    [month] { $weekday }, { $month } { $day }
   *[day] { $weekday }, { $day } { $month }
}
day-other-year = { $order ->
    [month] { $month } { $day }, { $year }
   *[day] { $day } { $month } { $year }
}
day-until = { $order ->
    [month] { $month } { $day }
   *[day] { $day } { $month }
}
day-short-this-year = { $order ->
    [month] { $short } { $day }
   *[day] { $day } { $short }
}
day-short-other-year = { $order ->
    [month] { $short } { $day }, { $year }
   *[day] { $day } { $short } { $year }
}
day-and-time = { $day }, { $time }
time-of-day = { $clock ->
    [twelve] { $twelve }:{ $minute } { $half ->
        [am] AM
       *[pm] PM
    }
   *[day] { $hour }:{ $minute }
}
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
month-short-1 = Jan
month-short-2 = Feb
month-short-3 = Mar
month-short-4 = Apr
month-short-5 = May
month-short-6 = Jun
month-short-7 = Jul
month-short-8 = Aug
month-short-9 = Sep
month-short-10 = Oct
month-short-11 = Nov
month-short-12 = Dec
seen-now = Online
seen-today = Last seen at { $time }
seen-yesterday = Last seen yesterday at { $time }
seen-before = Last seen: { $day }
seen-never = Offline
seen-request = Waiting for an answer to the contact request

## The window as a whole

window-title = ({ $count }) Betwixt
starting = Opening your profile…
back = Back
you = You
search-hint = Search

rail-chats = Chats
rail-people = People
rail-settings = Settings
rail-me = You

## Chats

chats-title = Chats
chats-add = New
chats-new = New chat
chats-new-group = New group
chats-search-label = Search chats and messages
forward-search-label = Search chats

found-messages = Messages
found-searching = Searching…
found-nothing = No message has that.
found-help = Try the beginning of a word, "words in quotes", from:Ben, in:Herons, date:2026-11, has:picture or has:link.
found-indexing = Still indexing: { $count } % of the messages can be found so far.
found-more = Show more

seek-open = Search in this chat
seek-label = Search in { $name }
seek-hint = Search in this chat
seek-older = Older
seek-newer = Newer
seek-close = Close the search
seek-count = { $at } of { $count }
seek-nothing = Nothing found
seek-unclear = Unclear

chats-none = No chats yet. Say hello to somebody below, or invite someone.
chats-none-near = No chats yet. People on this network appear here, and others come by an invite.
chats-none-found = No chat with “{ $name }” in its name.
chats-named = you are named
chats-draft = Draft:
chats-nothing = Nothing said yet
chats-unread = { $count ->
    [one] { $count } unread message
   *[other] { $count } unread messages
}
chats-requests = { $count ->
    [one] { $count } contact request
   *[other] { $count } contact requests
}
mark-verified = verified
mark-muted = muted
mark-disappears = messages disappear
mark-pinned = pinned
typing = typing…
typing-named = { $name } is typing…
typing-both = { $name } and { $other } are typing…
typing-many = { $count } people are typing…
people-and-more = { $count ->
    [one] { $people } and { $count } other
   *[other] { $people } and { $count } others
}

## People

people-title = People
people-search-label = Search people
people-invite = Invite someone
people-add = Add by link
people-requests = Requests
people-request-count = { $count ->
    [one] { $count } contact request
   *[other] { $count } contact requests
}
people-nearby = On this network
people-nearby-line = Nearby
people-nearby-label = { $name }, on this network
people-nearby-none = Nobody else on this network has Betwixt open.
people-nearby-off = You do not show your name here, so you see no names. Settings, Privacy, turns that on.
people-contacts = Contacts
people-contacts-none = People you talk with stand here.
people-asks = Wants to talk with you
people-asked = You asked for contact

person-nearby = On this network. You have not talked yet.
person-blocked = You blocked this person.
person-greet = Start a chat
person-greet-hint = { $name } is asked first, and sees your name.
person-talk = Write a message
person-gone-title = Nobody here any more
person-gone-sentence = This person left the network.

## A first start

offer-title = You are { $name }
offer-sentence = Others on this network see this name and picture. Nothing was registered anywhere: your key was made on this device. People nearby stand on the left as soon as they are here.
offer-rename = Change name
offer-invite = Invite someone
offer-add = Add by link
offer-passphrase = Set a passphrase
offer-recovery = Save recovery words

## A chat

empty-title = Pick a chat to start
empty-sentence = Messages go straight to the other person’s device. No server keeps them.
empty-button = Find people
chat-more = More
chat-verify = Verify
chat-opening = Opening…
start-sentence = Only you and { $name } can read what is written here. To be sure it is { $name }, compare safety numbers.
start-group = Only the members of { $name } can read what is written here. Whoever is added later reads what is written from then on, and what was written before only if whoever adds them gives it.
divider-unread = Unread messages
divider-given = Above is what was said before you joined
jump = Jump to latest
jump-count = { $count ->
    [one] { $count } new message
   *[other] { $count } new messages
}
gap-online = { $count ->
    [0] Messages from { $name } are missing. They are being fetched.
    [one] { $count } message from { $name } is missing. It is being fetched.
   *[other] { $count } messages from { $name } are missing. They are being fetched.
}
gap-offline = { $count ->
    [0] Messages from { $name } are missing. They come when { $name } is online.
    [one] { $count } message from { $name } is missing. It comes when { $name } is online.
   *[other] { $count } messages from { $name } are missing. They come when { $name } is online.
}
gap-nobody = { $count ->
    [one] { $count } message from { $name } is missing. It comes when { $name }, or somebody else who has it, is online.
   *[other] { $count } messages from { $name } are missing. They come when { $name }, or somebody else who has them, is online.
}
banner-after-removal = { $count ->
    [one] { $count } message from { $name } arrived after removal and is not shown.
   *[other] { $count } messages from { $name } arrived after removal and are not shown.
}
banner-forked = A device of { $name } was copied or set back to an older state. Ask { $name } before you trust what it says.
banner-forked-mine = Your device was copied or set back to an older state: others see that. Of two copies use only one from now on.
reaches-removed = Sent before its author knew who had left: people who were removed can read it.
reaches-removed-mine = Sent before you knew who had left: people who were removed can read it.
message-deleted = This message was deleted.
message-newer = A newer kind of message. Update Betwixt to see it.
message-edited = edited
message-more = Show more
quote-label = In answer to { $name }
quote-nowhere = A message that is not on this device
quote-waiting = …
tick-waiting = waiting to be sent
tick-sent = sent
tick-delivered = delivered
tick-read = read
tick-failed = not sent
failed-not-sent = Not sent.
failed-not-changed = Not changed.
failed-retry = Try again
failed-discard = Discard
failed-ended = Betwixt’s node has ended.

composer-hint = Message
composer-answer = Answer to { $name }
composer-change = Change message
composer-stop = Leave it
composer-keep = Keep the change
composer-emoji = Emojis
mention-take = Mention
composer-label = Message to { $name }
composer-send = Send
composer-left = { $count ->
    [one] { $count } byte left
   *[other] { $count } bytes left
}
composer-too-long = This is longer than one message can be (16 KiB). Send it in parts.

request-words = { $name } wants to talk with you. If you accept, they see that you read this and when you are online.
request-accept = Accept
request-decline = Decline
request-block = Block
blocked-words = You blocked { $name }. Nothing from them reaches you.

menu-label = What can be done with { $name }
menu-pin = Pin
menu-unpin = Unpin
menu-mute = Mute
menu-unmute = Unmute
menu-verify = Verify safety number
menu-remove = Remove contact
menu-block = Block
menu-unblock = Unblock
menu-copy = Copy text
menu-copy-link = Copy link
menu-react = React
menu-more-emojis = More emojis
menu-reply = Reply
menu-edit = Edit
menu-forward = Forward
menu-pin-message = Pin for everybody
menu-unpin-message = Unpin for everybody
menu-about = Message info
menu-message = What can be done with this message
menu-delete = Delete
menu-disappear = Disappearing messages

gone-words = You are no longer in this group. What was said before stays here; only somebody in it can add you again.
invited-words = You are invited to “{ $name }”, with { $people }. If you accept, they can write to you here and see when you read it.
invited-words-by = { $by } invites you to “{ $name }”, with { $people }. If you accept, they can write to you here and see when you read it.
group-invited-by = { $name } invites you

## Groups

group-info = Group info
group-members = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
group-online = { $count } online
group-people = Members
group-invited = You are invited
group-gone = You are no longer in this group
group-add = Add people
group-describe = Change name and topic
group-topic-add = Say what the group is for
group-settings = Settings
group-mute-hint = Notified only when you are named. Only you see this
group-pin-hint = Stays on top of your chats. Only you see this
group-who-adds = Who adds people
group-who-admins = Admins
group-who-all = Everybody
group-leave = Leave group
group-delete = Delete chat
member-owner = Owner
member-admin = Admin
member-plain = Member
member-forked = a device was copied or set back
member-blocked = blocked by you
member-asked = contact request
member-nearby = not a contact, on this network
member-stranger = not a contact
member-greet = Add as contact
member-promote = Make admin
member-demote = Make plain member
member-remove = Remove from group

## Verification

verify-title = Verify { $name }
verified-title = { $name } is verified
verify-sentence = Compare these numbers in person or on a call. Both of you must see the same.
verify-waiting = Working out the number…
verify-qr = Safety number as a QR code
verify-number = Safety number
verify-match = They match
verify-differ = Not the same
verify-clear = No longer verified
verify-warning = Not the same? Do not mark as verified.

## Dialogs

dialog-close = Close
dialog-cancel = Cancel
dialog-waiting = One moment…

invite-title = Invite someone
invite-sentence = Send this link to one person, or let them scan the code. It works once, for seven days.
invite-waiting = Making an invite…
invite-qr = Your invite as a QR code
invite-again = New link
invite-copy = Copy link

add-title = Add someone
add-sentence = Paste the invite link that they sent you, or drop a picture of its code here.
add-link = Invite link
add-chosen = Choose a picture
add-copied = Copied picture
add-button = Add

link-title = Open this link?
link-sentence = It opens in your browser, which tells the site your address. Betwixt itself fetches nothing.
link-leads = Leads to { $name }
link-known = in the network: { $name }
link-alike = This name mixes letters that look alike. It may pretend to be another site.
link-before = What stands before “@” is not the site: it leads to { $name }.
link-plain = The connection is not encrypted: others can read and change what you see.
link-open = Open
link-none = This is no link that can be opened.

scan-large = That picture is too large: at most 16 MiB and 50 million pixels are read.
scan-picture = That is no PNG or JPEG picture, or it is damaged.
scan-code = There is no QR code in that picture, or it cannot be read.
scan-choose = Choose a picture of an invite
scan-pictures = Pictures
scan-chooser = This desktop has no window to choose files. Drop the picture here, or copy it.
scan-copied = There is no picture in the clipboard.

rename-title = Your name
rename-sentence = Your contacts and people on your network see it.
rename-name = Name
rename-button = Change name

remove-title = Remove { $name }?
remove-sentence = They can no longer write to you unless you accept a new request. What you wrote to each other stays.
remove-button = Remove
block-title = Block { $name }?
block-sentence = Nothing from them reaches you any more. They are not told.
block-button = Block
delete-title = Delete this message?
delete-sentence = It goes from this device only.
delete-sentence-mine = Deleting it for everyone takes the text from both of you; that it was there stays to be seen. The other side may have read or copied it.
delete-sentence-mine-group = Deleting it for everyone takes the text from everybody in the group; that it was there stays to be seen. Others may have read or copied it.
delete-all = Delete for everyone
delete-me = Delete for me
disappear-title = Disappearing messages
disappear-sentence = What both of you write from now on goes so long after it was read. It does not stop anyone from copying it.
disappear-sentence-group = What anybody writes here from now on goes so long after it was read. It does not stop anyone from copying it.
disappear-never = Never
disappear-minute = After a minute
disappear-hour = After an hour
disappear-day = After a day
disappear-week = After a week
disappear-month = After four weeks

found-title = New group
found-sentence = Everybody in it reads everything. Nobody outside does, no server either.
found-name = Name of the group
found-button = Create group
add-people-title = Add people to { $name }
add-people-sentence = They read what is written from now on.
before-label = What was said before
before-none = Nothing
before-last = The last 100
before-all = All of it
before-none-sentence = They do not get what was said before.
before-last-sentence = They get the newest 100 messages from your device, whoever wrote them. That cannot be taken back.
before-all-sentence = They get all from your device, up to 10,000 messages, whoever wrote them. That cannot be taken back.
add-people-button = Add
pick-search = Search contacts
pick-none = No contact with “{ $name }” in their name.
pick-nobody = No contacts to add. Say hello to somebody first.
pick-all = All your contacts are in it.
pick-back = Do not add { $name }
describe-title = Name and topic
describe-sentence = Everybody in the group sees them, and who changed them.
describe-topic = What the group is for
describe-button = Save
remove-member-title = Remove { $name } from { $group }?
remove-member-sentence = What is written from then on, { $name } cannot read. What { $name } has stays with them, and everybody sees that you removed them.
leave-title = Leave { $name }?
leave-sentence = Nothing new reaches you, and everybody sees that you left. What was said stays on this device. Only somebody in the group can add you again.
leave-button = Leave
delete-chat-title = Delete { $name }?
delete-chat-sentence = You leave the group, and everything said in it goes from this device. The others keep what they have.
delete-chat-sentence-gone = Everything said in it goes from this device. The others keep what they have.
delete-chat-button = Delete
about-title = Message info
about-said = Said
about-author = By
about-came = Arrived here
about-given = From the history that { $name } gave you
about-edited = Edited
about-deleted-by = Deleted by
about-before = Before it was edited
forward-title = Forward
forward-to = Forward to { $name }
forward-button = Forward
react-title = React
emoji-search = Search emojis
emoji-none = No emoji called “{ $name }”.
tone-label = Skin: { $name }
tone-none = yellow
tone-light = light
tone-medium-light = medium light
tone-medium = medium
tone-medium-dark = medium dark
tone-dark = dark
pins-title = Pinned messages
pins-sentence = Everybody in the chat sees them on top.
pins-none = Nothing is pinned. The menu of a message has “Pin for everybody”.
pins-one = Pinned message
pins-nth = Pinned message { $number } of { $count }
pins-all = All pinned messages
pins-label = Pinned: { $name }
receipts-title = Who has it
receipts-ask = Who has it: { $name }
receipts-nobody = Nobody else was in the group.
receipt-queued = Waits on this device
receipt-held = Kept for them by somebody else
receipt-delivered = On their device
receipt-read = Read

passphrase-set-title = Set a passphrase
passphrase-set-sentence = It locks everything on this device. Nobody can reset it: if you forget it, contacts and messages are lost, and only your recovery words bring your account back.
passphrase-change-title = Passphrase
passphrase-change-sentence = Change it, or remove it and go without.
passphrase-current = Current passphrase
passphrase-new = New passphrase
passphrase-again = New passphrase again
passphrase-differs = The two are not the same.
passphrase-short = Take at least eight characters.
passphrase-button = Save
passphrase-waiting = Saving…
passphrase-remove = Remove passphrase
passphrase-changed = The passphrase was changed.

recovery-title = Recovery words
recovery-sentence = With these words and “betwixt restore” you are the same person again if you lose this device. Contacts and messages are not in them. Write them on paper.
recovery-warning = Anyone with these words can be you.
recovery-reveal = Show the words
recovery-words = Your recovery words
recovery-copy = Copy
recovery-done = I wrote them down

## Locked, stopped

locked-title = Betwixt is locked
locked-sentence = Enter your passphrase to open it.
locked-passphrase = Passphrase
locked-button = Unlock
locked-waiting = Unlocking…
stopped-title = Betwixt cannot go on
stopped-next = When that is done, close this window and start Betwixt again.
stopped-next-damaged = Copy the profile’s directory to a safe place before you try anything, then start Betwixt again.
stopped-copy = Copy message
stopped-close = Close

## What the window says by itself

toast-copied = Copied.
toast-forwarded = { $count ->
    [one] Forwarded to { $count } chat.
   *[other] Forwarded to { $count } chats.
}
toast-copied-secret = Copied. The clipboard is emptied in 30 seconds.
notice-dismiss = Dismiss
notice-differs = The safety number of { $name } differs.
notice-next-differs = Somebody may be in between. Write nothing secret here, meet in person, and compare again.
notice-next-conflict = Compare safety numbers again before you write anything secret.
notice-next-rolled-back = What is missing comes when your contacts next write. Do not use another copy of this profile any more.
notice-next-storage = Free some space, then go on.
notice-next-network = Look at your network connection; Betwixt keeps trying.

alert-app = Betwixt
alert-message = New message
alert-request = Somebody wants to talk with you
alert-request-by = { $name } wants to talk with you
alert-count = { $name } ({ $count })
alert-open = Open
alert-answer = Reply

tray-open = Open Betwixt
tray-quit = Quit

## Settings

settings-title = Settings
settings-id = Betwixt ID  { $name }
settings-rename = Change name
settings-avatar = Another picture
settings-invite = Invite someone
settings-appearance = Appearance
settings-language = Language
language-system = System
settings-theme = Theme
theme-system = System
theme-light = Light
theme-dark = Dark
settings-accent = Colour
accent-indigo = Indigo
accent-teal = Teal
accent-plum = Plum
accent-ember = Ember
settings-size = Text size
size-small = Small
size-normal = Normal
size-large = Large
size-larger = Larger
settings-density = Density
density-comfortable = Comfortable
density-compact = Compact
settings-ground = Background
ground-plain = Plain
ground-dots = Dots
ground-waves = Waves
ground-rings = Rings
settings-motion = Reduce motion
settings-motion-hint = Nothing moves that need not
settings-login = Start at login
settings-login-hint = Open Betwixt when you log in to this computer
settings-close = Close into the tray
settings-close-hint = Betwixt goes on, and its icon brings it back
settings-minimise = Minimise into the tray
settings-tray = Tray
settings-tray-none = None here: closing ends Betwixt
settings-minimise-hint = The window leaves the bar of the desktop
settings-alerts = Notifications
settings-alerts-on = Tell what is new
settings-alerts-on-hint = While you do not look at a chat
settings-alerts-show = Show
alerts-text = Text
alerts-name = Name
alerts-nothing = Nothing
settings-alerts-sound = Sound
settings-alerts-sound-hint = A short one, which your desktop plays
settings-quiet = Do not disturb
settings-quiet-none = Notifications are shown
settings-quiet-hours-now = Quiet hours: nothing is shown now
settings-quiet-silent = Nothing is shown until tomorrow, eight o’clock
settings-quiet-tomorrow = Until tomorrow
settings-quiet-end = End now
settings-quiet-hours = Quiet hours
settings-quiet-hours-hint = Nothing is shown between two times of the day
settings-quiet-from = From
settings-quiet-until = Until
settings-earlier = { $name }: earlier
settings-later = { $name }: later
settings-privacy = Privacy
settings-receipts = Read receipts
settings-receipts-hint = Let people see when you have read a message
settings-typing = Typing indicators
settings-typing-hint = Let people see when you are typing
settings-presence = Online status
settings-presence-hint = Shown to contacts. A direct connection always tells
settings-nearby = People nearby
settings-nearby-hint = Show your name on this network, and see others
settings-security = Security
settings-passphrase = Passphrase
settings-passphrase-on = Betwixt asks for it when it starts
settings-passphrase-off = Anyone who uses this device can open Betwixt
settings-set = Set
settings-change = Change
settings-recovery = Recovery words
settings-recovery-hint = Be the same person elsewhere. They hold no messages
settings-show = Show
settings-lock = Lock now
settings-lock-hint = Ctrl+L does the same
settings-lock-verb = Lock
lock-never = Never
lock-minutes = { $count } min
lock-hour = 1 h
settings-lock-after = Lock unused
settings-lock-desktop = Lock with the desktop
settings-lock-desktop-hint = When its screen locks, or the computer sleeps
settings-network = Network
settings-connected = People
settings-people = { $here } contacts online, { $near } nearby
settings-addresses = Addresses
settings-addresses-none = None: the network is off
settings-address = Address { $count }
settings-relay = Relay { $count }
settings-relay-away = Not connected
settings-relay-idle = Connected; carries nothing for you yet
settings-relay-used = Connected; carries your chats
settings-copy = Copy
settings-blocked = Blocked people
settings-about = About
settings-version = Version
settings-profile = Profile
settings-licence = Licence

## Files

number-point = .
number-group = ,
size-bytes = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
}
size-kb = { $count } kB
size-mb = { $count } MB
size-gb = { $count } GB
size-tb = { $count } TB
size-rate = { $size }/s
left-seconds = { $count } s left
left-minutes = { $count } min left
left-hours = { $count } h left
left-days = { $count ->
    [one] { $count } day left
   *[other] { $count } days left
}

disk-nothing = There is nothing of that name.
disk-forbidden = You may not read that.
disk-no-file = That is not a file that can be sent.
disk-too-much = There is too much in it, or it is too deep: at most 20,000 files and folders, 32 of them in each other, and 256 GiB.
disk-unreadable = That cannot be read.

file-kind-folder = Folder
file-kind-audio = Audio
file-kind-file = File
file-kind-picture = Picture
file-kind-program = Program
file-kind-video = Video
file-in-a-line = { $kind }: { $name }
file-named = { $kind } { $name }, extension { $extension }
file-named-folder = { $kind } { $name }
file-named-bare = { $kind } { $name }, no extension
file-contents = Show files
file-files = { $count ->
    [one] one file
   *[other] { $count } files
}
file-percent = { $percent } % of { $size }
file-cancelled = not downloaded
file-paused = paused
file-waits = waits for somebody who has it
file-sealing = being sealed…
file-giving = { $percent } % at { $name }
file-keeping = { $percent } % at a relay, for { $people }
file-kept = At a relay until { $until }, for { $people }
file-lacking = not yet downloaded by { $people }
file-halted = Tried again by itself: { $why }
file-not-here = Not downloaded: { $why }
file-download = Download
file-pause = Pause
file-resume = Resume
file-cancel = Cancel
file-save = Save as…
file-again = Try again
file-deed = { $deed } { $name }
file-progress = { $percent } percent of { $name }
file-saved = Saved as { $name }

file-watch = Watch
sound-play = Play { $name }
sound-pause = Pause { $name }
sound-place = Place in the sound: { $name }
sound-speed = Speed: { $name }
sound-note = voice note
sound-note-of = Voice note { $name }
sound-not-here = It is not here yet.
sound-none = There is no sound on this computer: no sound server (PipeWire or PulseAudio) answers.
sound-server = The sound server of this computer refuses; look at its settings.
sound-refused = This sound cannot be played.
watch-none = Nothing on this computer opens this. Save it, to open it elsewhere.

composer-record = Record a voice note
recorder-status = Recording, { $name }
recorder-discard = Discard what was recorded
recorder-send = Send voice note

save-title = Save this file
save-sentence = Look at its extension, “{ $name }”, before you open it: what it was said to be is only what its author says.
save-sentence-bare = Its name does not say what it is. What it was said to be is only what its author says.
save-place = Where to save it
save-button = Save

view-open = Open picture { $name }
view-picture = Picture { $name }, { $percent } %
view-none = This picture cannot be shown: it is damaged, too large, or of another kind. Save it to look at it elsewhere.
view-large = This picture is too large for this screen's graphics. Save it to look at it elsewhere.
view-too-large = This picture is too large to be shown here: at most 50 million pixels and 64 MiB.
view-elsewhere = Open with the system’s viewer
view-coming = The picture is being opened…
view-older = Picture before
view-newer = Next picture
view-in = Larger
view-out = Smaller
view-fit = Fit to the window
view-copy = Copy picture

album-open = Open picture { $name }
album-download = Download { $name }, { $line }
album-picture = Picture { $name }, { $line }

composer-attach = Send files
contents-title = What is in { $name }
contents-sentence = It is saved as a new folder: beside what is there, never over it.
contents-waits = Asking…
contents-none = There is nothing in it.
contents-more = … and { $count } more
contents-folder = Folder { $name }
attach-title = Files for { $name }
attach-drop = Drop to send to { $name }
attach-sentence = They are sealed on this device and go straight to whoever is in the chat.
attach-place = File or folder
attach-up = One folder up
attach-open = Open { $name }
attach-empty = Nothing here that can be sent.
attach-whole = Send this folder with all that is in it
attach-chosen = { $name }, { $size }
attach-less = { $less } instead of { $size }
attach-as-it-is = A folder goes as it is: pictures in it may say where they were taken.
attach-original = Send original
attach-original-off = Pictures go smaller, and without where they were taken.
attach-original-on = Pictures go as they are, and may say where they were taken.
attach-damaged = This picture is damaged: it goes only as it is.
attach-opaque = What is written in this picture cannot be taken out: it goes only as it is.
attach-large = This picture is too large to be made smaller: it goes only as it is.
attach-without = Do not send { $name }
attach-caption = Say something about it
attach-more = Add more
attach-stop = Back to what was chosen
attach-send = { $count ->
    [one] Send file
   *[other] Send { $count } files
}

settings-storage = Storage
settings-files = Files
settings-files-used = { $used } of at most { $quota }
settings-files-more = Smaller ones
settings-files-count = { $count ->
    [one] { $count } file
   *[other] { $count } files
}
settings-file-here = { $size }, in { $chat }
settings-file-partly = { $size }, in { $chat }, not all here

## What changed of a group

change-void = { $by ->
    [me] You
   *[other] { $name }
} tried to change the group, which did not count
change-founded = { $by ->
    [me] You
   *[other] { $name }
} founded the group “{ $text }”
change-added = { $by ->
    [me] You
   *[other] { $name }
} added { $whom ->
    [me] you
   *[other] { $person }
}
change-removed = { $by ->
    [me] You
   *[other] { $name }
} removed { $whom ->
    [me] you
   *[other] { $person }
}
change-made-plain = { $by ->
    [me] You
   *[other] { $name }
} made { $whom ->
    [me] you
   *[other] { $person }
} a plain member
change-made-admin = { $by ->
    [me] You
   *[other] { $name }
} made { $whom ->
    [me] you
   *[other] { $person }
} an admin
change-left = { $by ->
    [me] You
   *[other] { $name }
} left
change-named = { $by ->
    [me] You
   *[other] { $name }
} named the group “{ $text }”
change-topic = { $by ->
    [me] You
   *[other] { $name }
} changed what the group is for: “{ $text }”
change-adds-admins = { $by ->
    [me] You
   *[other] { $name }
} let only admins add people
change-adds-all = { $by ->
    [me] You
   *[other] { $name }
} let everybody add people
change-disappear = { $by ->
    [me] You
   *[other] { $name }
} let messages disappear after { $text }
change-stay = { $by ->
    [me] You
   *[other] { $name }
} let messages stay
change-other = { $by ->
    [me] You
   *[other] { $name }
} changed the settings of the group
span-weeks = { $count ->
    [one] { $count } week
   *[other] { $count } weeks
}
span-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
span-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
span-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
span-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}

keys-title = Keyboard shortcuts
keys-sentence = Everything in this window can be reached with the keyboard.
keys-search = Search chats and messages
keys-seek = Search in the open chat
keys-rows = Through results and lists
keys-open = Open what is chosen
keys-back = Back: to the field, then out
keys-chats = The chat above, below
keys-line = A new line in a message
keys-edit = In an empty field: edit the last message
keys-attach = Files for the open chat
keys-scroll = Through the chat
keys-end = To the end of the chat
keys-people = People
keys-settings = Settings
keys-lock = Lock
settings-keys-hint = What the keys do

io-missing = there is no such file or folder
io-denied = it is not permitted
io-full = the disk is full
io-quota = more than this is not allowed on this disk
io-read-only = nothing can be written there: the file system is read-only
io-exists = there is something of that name already
io-folder = it is a folder
io-no-folder = a part of the path is no folder
io-not-empty = the folder is not empty
io-large = the file is too large for this file system
io-name = the name is too long, or is not possible there
io-busy = another program is using it
io-memory = there is too little memory
io-end = it ends too early
io-late = it took too long
io-refused = nobody answers there
io-reset = the other side ended the connection
io-network = the network cannot be reached
io-host = there is no way to the other computer
io-in-use = another program already listens there
io-many = too many files are open at once
io-disk = the disk fails
io-other = the system refused it ({ $name })

refused-invalid = That does not make sense here: { $cause }
refused-not-found = That is not there: { $cause }
refused-conflict = That contradicts what is there: { $cause }
refused-locked = The profile is locked: { $cause }
refused-forbidden = You may not do that: { $cause }
refused-too-large = That is too large: { $cause }
refused-storage = The disk does not allow it: { $cause }
refused-network = The network does not allow it: { $cause }
refused-unsupported = This version cannot do that: { $cause }

menu-proof = Save proof…
proof-title = Save proof
proof-sentence = This file shows to anybody that you wrote this message, what it says, and who signed that they have it. “betwixt verify” checks it.
proof-has = { $name } signed: has it
proof-open = { $name } has not signed yet
proof-relays = { $count ->
    [one] { $count } relay signed: keeps it
   *[other] { $count } relays signed: keep it
}
proof-asking = Asking who signed…
proof-unsaved = The proof was not saved: { $name }

attach-files = Choose files…
attach-folder = Choose a folder…
awake-reason = Betwixt is to stay reachable
settings-awake = Stay reachable
settings-awake-hint = The computer does not fall asleep by itself while Betwixt runs
