### מה שהחלון אומר, בעברית: ההתחלה. מה שחסר נאמר באנגלית.

## זמנים

day-today = היום
day-yesterday = אתמול
day-monday = יום שני
day-tuesday = יום שלישי
day-wednesday = יום רביעי
day-thursday = יום חמישי
day-friday = יום שישי
day-saturday = יום שבת
day-sunday = יום ראשון
day-short-monday = ב׳
day-short-tuesday = ג׳
day-short-wednesday = ד׳
day-short-thursday = ה׳
day-short-friday = ו׳
day-short-saturday = ש׳
day-short-sunday = א׳
day-this-year = { $weekday }, { $day } ב{ $month }
day-other-year = { $day } ב{ $month } { $year }
day-short-this-year = { $day } ב{ $short }
day-short-other-year = { $day } ב{ $short } { $year }
day-and-time = { $day }, { $time }
time-of-day = { $hour }:{ $minute }
month-1 = ינואר
month-2 = פברואר
month-3 = מרץ
month-4 = אפריל
month-5 = מאי
month-6 = יוני
month-7 = יולי
month-8 = אוגוסט
month-9 = ספטמבר
month-10 = אוקטובר
month-11 = נובמבר
month-12 = דצמבר
month-short-1 = ינו׳
month-short-2 = פבר׳
month-short-3 = מרץ
month-short-4 = אפר׳
month-short-5 = מאי
month-short-6 = יוני
month-short-7 = יולי
month-short-8 = אוג׳
month-short-9 = ספט׳
month-short-10 = אוק׳
month-short-11 = נוב׳
month-short-12 = דצמ׳
seen-now = מקוון
seen-today = נראה לאחרונה ב־{ $time }
seen-yesterday = נראה לאחרונה אתמול ב־{ $time }
seen-before = נראה לאחרונה: { $day }
seen-never = לא מקוון

## החלון כולו

starting = הפרופיל נפתח…
back = חזרה
you = אני
search-hint = חיפוש

rail-chats = צ׳אטים
rail-people = אנשים
rail-settings = הגדרות
rail-me = אני

## צ׳אטים

chats-title = צ׳אטים
chats-add = חדש
chats-new = צ׳אט חדש
chats-new-group = קבוצה חדשה
chats-search-label = חיפוש צ׳אטים והודעות
forward-search-label = חיפוש צ׳אטים

found-messages = הודעות
found-searching = מתבצע חיפוש…
found-nothing = אין הודעה כזאת.
found-indexing = האינדקס עדיין נבנה: { $count } % מההודעות כבר ניתנות לחיפוש.
found-more = הצגת עוד

seek-open = חיפוש בצ׳אט הזה
seek-hint = חיפוש בצ׳אט הזה
seek-older = ישן יותר
seek-newer = חדש יותר
seek-close = סגירת החיפוש
seek-count = { $at } מתוך { $count }
seek-nothing = לא נמצא דבר

chats-none = עדיין אין צ׳אטים. אפשר לומר שלום למישהו מלמטה, או להזמין מישהו.
chats-nothing = עדיין לא נאמר דבר
chats-unread = { $count ->
    [one] הודעה אחת שלא נקראה
    [two] שתי הודעות שלא נקראו
   *[other] { $count } הודעות שלא נקראו
}
chats-requests = { $count ->
    [one] בקשת קשר אחת
    [two] שתי בקשות קשר
   *[other] { $count } בקשות קשר
}
mark-verified = מאומת
mark-muted = מושתק
mark-pinned = נעוץ
typing = מתבצעת הקלדה…

## אנשים

people-title = אנשים
people-search-label = חיפוש אנשים
people-invite = הזמנת מישהו
people-add = הוספה בקישור
people-requests = בקשות
people-nearby = ברשת הזאת
people-nearby-line = בקרבת מקום
people-nearby-none = לאף אחד אחר ברשת הזאת אין Betwixt פתוח.
people-contacts = אנשי קשר

person-greet = התחלת צ׳אט
person-talk = כתיבת הודעה

## צ׳אט

empty-title = נא לבחור צ׳אט
empty-sentence = הודעות עוברות ישר למכשיר של הצד השני. שום שרת לא שומר אותן.
empty-button = מציאת אנשים
chat-more = עוד
chat-verify = אימות
chat-opening = נפתח…
divider-unread = הודעות שלא נקראו
jump = אל ההודעה האחרונה
message-deleted = ההודעה נמחקה.
message-edited = נערכה
message-more = הצגת עוד
tick-waiting = ממתינה לשליחה
tick-sent = נשלחה
tick-delivered = נמסרה
tick-read = נקראה
tick-failed = לא נשלחה
failed-not-sent = לא נשלחה.
failed-retry = ניסיון חוזר
failed-discard = ביטול

composer-hint = הודעה
composer-emoji = אמוג׳י
composer-send = שליחה
composer-record = הקלטת הודעה קולית
composer-attach = שליחת קבצים

request-accept = קבלה
request-decline = דחייה
request-block = חסימה

menu-pin = נעיצה
menu-unpin = ביטול נעיצה
menu-mute = השתקה
menu-unmute = ביטול השתקה
menu-verify = אימות מספר הבטיחות
menu-remove = הסרת איש קשר
menu-block = חסימה
menu-unblock = ביטול חסימה
menu-copy = העתקת טקסט
menu-copy-link = העתקת קישור
menu-react = תגובה
menu-more-emojis = עוד אמוג׳י
menu-reply = מענה
menu-edit = עריכה
menu-forward = העברה
menu-pin-message = נעיצה לכולם
menu-unpin-message = ביטול נעיצה לכולם
menu-about = פרטי ההודעה
menu-delete = מחיקה
menu-disappear = הודעות נעלמות

## קבוצות

group-info = פרטי הקבוצה
group-members = { $count ->
    [one] חבר אחד
    [two] שני חברים
   *[other] { $count } חברים
}
group-online = { $count } מקוונים
group-people = חברים
group-add = הוספת אנשים
group-settings = הגדרות
group-leave = עזיבת הקבוצה
group-delete = מחיקת הצ׳אט

## דו־שיח

dialog-close = סגירה
dialog-cancel = ביטול
dialog-waiting = רק רגע…

invite-title = הזמנת מישהו
invite-again = קישור חדש
invite-copy = העתקת קישור
add-title = הוספת מישהו
add-link = קישור הזמנה
add-button = הוספה

## נעילה

locked-title = Betwixt נעול
locked-sentence = כדי לפתוח יש להקליד את משפט הסיסמה.
locked-passphrase = משפט סיסמה
locked-button = פתיחה
locked-waiting = נפתח…

toast-copied = הועתק.
notice-dismiss = סגירה

alert-message = הודעה חדשה
alert-open = פתיחה
alert-answer = מענה

## הגדרות

settings-title = הגדרות
settings-appearance = מראה
settings-language = שפה
language-system = מערכת
settings-theme = ערכת נושא
theme-system = מערכת
theme-light = בהיר
theme-dark = כהה
settings-accent = צבע
settings-size = גודל טקסט
size-small = קטן
size-normal = רגיל
size-large = גדול
size-larger = גדול יותר
settings-density = צפיפות
settings-ground = רקע
settings-alerts = התראות
settings-privacy = פרטיות
settings-receipts = אישורי קריאה
settings-typing = חיווי הקלדה
settings-presence = מצב מקוון
settings-nearby = אנשים בקרבת מקום
settings-security = אבטחה
settings-passphrase = משפט סיסמה
settings-network = רשת
settings-about = אודות
settings-version = גרסה
settings-profile = פרופיל
settings-licence = רישיון

keys-title = קיצורי מקלדת
keys-search = חיפוש בצ׳אטים ובהודעות
keys-seek = חיפוש בצ׳אט הפתוח
keys-people = אנשים
keys-settings = הגדרות
keys-lock = נעילה

refused-invalid = זה לא הגיוני כאן: { $cause }
refused-not-found = זה לא קיים: { $cause }
refused-locked = הפרופיל נעול: { $cause }
refused-forbidden = אין לך הרשאה לכך: { $cause }
refused-too-large = זה גדול מדי: { $cause }
refused-unsupported = הגרסה הזאת לא יכולה לעשות זאת: { $cause }

## עוד מן החלון

seen-request = ממתין לתשובה על בקשת הקשר
window-title = ({ $count }) Betwixt
found-help = אפשר לנסות התחלה של מילה, "מילים במירכאות", from:Ben, in:Herons, date:2026-11, has:picture או has:link.
seek-label = חיפוש אצל { $name }
seek-unclear = לא ברור
chats-none-found = אין צ׳אט עם ”{ $name }“ בשמו.
chats-named = מוזכר כאן שמך
mark-disappears = ההודעות נעלמות
typing-named = { $name } בהקלדה…
typing-both = { $name } וגם { $other } בהקלדה…
typing-many = { $count } אנשים בהקלדה…
people-nearby-label = { $name }, ברשת הזאת
people-contacts-none = כאן מופיעים האנשים שמדברים איתם.
people-asks = רוצה לדבר איתך
people-asked = נשלחה בקשת קשר
people-request-count = { $count ->
    [one] בקשת קשר אחת
    [two] שתי בקשות קשר
   *[other] { $count } בקשות קשר
}
person-nearby = ברשת הזאת. עוד לא דיברתם.
person-blocked = האדם הזה חסום אצלך.
person-gone-sentence = האדם הזה עזב את הרשת.
offer-rename = שינוי השם
offer-invite = הזמנת מישהו
offer-add = הוספה בקישור
offer-passphrase = קביעת משפט סיסמה
offer-recovery = שמירת מילות שחזור
jump-count = { $count ->
    [one] הודעה חדשה אחת
    [two] שתי הודעות חדשות
   *[other] { $count } הודעות חדשות
}
message-newer = הודעה מסוג חדש יותר. כדי לראות אותה יש לעדכן את Betwixt.
quote-label = בתשובה אל { $name }
quote-nowhere = הודעה שאינה במכשיר הזה
quote-waiting = …
failed-not-changed = לא שונתה.
composer-answer = תשובה אל { $name }
composer-change = שינוי ההודעה
composer-stop = ויתור
composer-keep = שמירת השינוי
composer-label = הודעה אל { $name }
composer-left = { $count ->
    [one] נשאר בית אחד
    [two] נשארו שני בתים
   *[other] נשארו { $count } בתים
}
mention-take = אזכור
request-words = { $name } רוצה לדבר איתך. אם הבקשה תתקבל, יראו מתי קראת ומתי יש לך חיבור.
blocked-words = { $name } ברשימת החסומים. שום דבר משם לא מגיע אליך.
group-invited = הוזמנת
group-invited-by = הזמנה מאת { $name }
group-gone = כבר לא בקבוצה הזאת
group-describe = שינוי השם והנושא
group-who-adds = מי מוסיף אנשים
group-who-admins = מנהלים
group-who-all = כולם
member-owner = בעלים
member-admin = מנהל
member-plain = חבר
member-blocked = חסום אצלך
member-asked = בקשת קשר
member-stranger = לא איש קשר
member-greet = הוספה לאנשי הקשר
member-promote = הפיכה למנהל
member-demote = הפיכה לחבר רגיל
member-remove = הסרה מהקבוצה
verify-title = אימות { $name }
verified-title = { $name }: מאומת
verify-sentence = יש להשוות את המספרים פנים אל פנים או בשיחה. שני הצדדים צריכים לראות אותו דבר.
verify-waiting = המספר מחושב…
verify-qr = מספר הבטיחות כקוד QR
verify-number = מספר בטיחות
verify-match = הם זהים
verify-differ = לא זהים
verify-clear = ביטול האימות
verify-warning = לא זהים? אין לסמן כמאומת.
invite-sentence = אפשר לשלוח את הקישור לאדם אחד, או לתת לו לסרוק את הקוד. הוא תקף פעם אחת, למשך שבעה ימים.
invite-waiting = ההזמנה מוכנה בעוד רגע…
invite-qr = ההזמנה שלך כקוד QR
add-chosen = בחירת תמונה
add-copied = תמונה שהועתקה
link-title = לפתוח את הקישור?
link-open = פתיחה
scan-pictures = תמונות
rename-title = השם שלך
rename-sentence = אנשי הקשר והאנשים ברשת שלך רואים אותו.
rename-name = שם
rename-button = שינוי השם
remove-title = להסיר את { $name }?
remove-button = הסרה
block-title = לחסום את { $name }?
block-sentence = שום דבר משם לא יגיע אליך עוד. לא נמסרת על כך הודעה.
block-button = חסימה
delete-title = למחוק את ההודעה?
delete-sentence = היא תימחק מהמכשיר הזה בלבד.
delete-all = מחיקה אצל כולם
delete-me = מחיקה אצלי
disappear-title = הודעות נעלמות
disappear-never = אף פעם
disappear-minute = אחרי דקה
disappear-hour = אחרי שעה
disappear-day = אחרי יום
disappear-week = אחרי שבוע
disappear-month = אחרי ארבעה שבועות
found-title = קבוצה חדשה
found-sentence = כל מי שבקבוצה קורא הכול. אף אחד מבחוץ לא, וגם לא שום שרת.
found-name = שם הקבוצה
found-button = יצירת קבוצה
add-people-title = הוספת אנשים אל { $name }
add-people-sentence = הם קוראים את מה שייכתב מעכשיו.
add-people-button = הוספה
before-none = כלום
before-last = 100 האחרונות
before-all = הכול
pick-search = חיפוש אנשי קשר
describe-title = שם ונושא
describe-topic = לשם מה הקבוצה
describe-button = שמירה
leave-title = לעזוב את { $name }?
leave-button = עזיבה
delete-chat-title = למחוק את { $name }?
delete-chat-button = מחיקה
about-title = פרטי ההודעה
about-said = נאמרה
about-author = מאת
about-came = הגיעה לכאן
about-edited = נערכה
about-deleted-by = נמחקה בידי
about-before = לפני העריכה
forward-title = העברה
forward-to = העברה אל { $name }
forward-button = העברה
react-title = תגובה
emoji-search = חיפוש אמוג׳י
tone-none = צהוב
tone-light = בהיר
tone-medium = בינוני
tone-dark = כהה
pins-title = הודעות נעוצות
pins-one = הודעה נעוצה
pins-nth = הודעה נעוצה { $number } מתוך { $count }
pins-all = כל ההודעות הנעוצות
receipts-title = אצל מי היא
receipt-queued = ממתינה במכשיר הזה
receipt-delivered = במכשיר שלהם
receipt-read = נקראה
passphrase-set-title = קביעת משפט סיסמה
passphrase-change-title = משפט סיסמה
passphrase-current = משפט הסיסמה הנוכחי
passphrase-new = משפט סיסמה חדש
passphrase-again = משפט הסיסמה החדש שוב
passphrase-differs = השניים אינם זהים.
passphrase-short = צריך לפחות שמונה תווים.
passphrase-button = שמירה
passphrase-waiting = נשמר…
passphrase-remove = הסרת משפט הסיסמה
passphrase-changed = משפט הסיסמה שונה.
recovery-title = מילות שחזור
recovery-warning = מי שהמילים האלה בידיו יכול להיות אתם.
recovery-reveal = הצגת המילים
recovery-words = מילות השחזור שלך
recovery-copy = העתקה
stopped-title = ל־Betwixt אין אפשרות להמשיך
stopped-copy = העתקת ההודעה
stopped-close = סגירה
toast-forwarded = { $count ->
    [one] הועברה לצ׳אט אחד.
    [two] הועברה לשני צ׳אטים.
   *[other] הועברה ל־{ $count } צ׳אטים.
}
toast-copied-secret = הועתק. לוח ההעתקה יתרוקן בעוד 30 שניות.
alert-app = Betwixt
alert-request = מישהו רוצה לדבר איתך
alert-request-by = { $name } רוצה לדבר איתך
alert-count = { $name } ({ $count })
tray-open = פתיחת Betwixt
tray-quit = יציאה
settings-id = מזהה Betwixt:  { $name }
settings-rename = שינוי השם
settings-avatar = תמונה אחרת
settings-invite = הזמנת מישהו
accent-indigo = אינדיגו
accent-teal = טורקיז
accent-plum = שזיף
accent-ember = גחלת
density-comfortable = מרווח
density-compact = צפוף
ground-plain = חלק
ground-dots = נקודות
ground-waves = גלים
ground-rings = טבעות
settings-motion = פחות תנועה
settings-motion-hint = שום דבר לא זז ללא צורך
settings-login = פתיחה עם הכניסה למחשב
settings-login-hint = Betwixt נפתח עם הכניסה למחשב הזה
settings-close = סגירה אל מגש המערכת
settings-close-hint = Betwixt ממשיך לפעול, והסמל שלו מחזיר אותו
settings-minimise = מזעור אל מגש המערכת
settings-minimise-hint = החלון יורד משורת המשימות
settings-alerts-on = הודעה על כל חדש
settings-alerts-on-hint = כשלא מסתכלים בצ׳אט
settings-alerts-show = הצגה
alerts-text = טקסט
alerts-name = שם
alerts-nothing = כלום
settings-alerts-sound = צליל
settings-alerts-sound-hint = צליל קצר, מטעם שולחן העבודה
settings-quiet = נא לא להפריע
settings-quiet-none = ההתראות מוצגות
settings-quiet-hours-now = שעות שקט: עכשיו לא מוצג דבר
settings-quiet-silent = לא מוצג דבר עד מחר בשמונה
settings-quiet-tomorrow = עד מחר
settings-quiet-end = סיום עכשיו
settings-quiet-hours = שעות שקט
settings-quiet-hours-hint = לא מוצג דבר בין שתי שעות ביום
settings-quiet-from = משעה
settings-quiet-until = עד שעה
settings-earlier = { $name }: מוקדם יותר
settings-later = { $name }: מאוחר יותר
settings-receipts-hint = לאפשר לראות מתי קראת הודעה
settings-typing-hint = לאפשר לראות מתי יש הקלדה
settings-presence-hint = מוצג לאנשי קשר. חיבור ישיר תמיד מגלה זאת
settings-nearby-hint = הצגת שמך ברשת הזאת, וראיית אחרים
settings-passphrase-on = Betwixt מבקש אותו בהפעלה
settings-passphrase-off = כל מי שמשתמש במכשיר הזה יכול לפתוח את Betwixt
settings-set = קביעה
settings-change = שינוי
settings-recovery = מילות שחזור
settings-recovery-hint = אותו אדם במקום אחר. אין בהן הודעות
settings-show = הצגה
settings-lock = נעילה עכשיו
settings-lock-hint = גם עם Ctrl+L
settings-lock-verb = נעילה
lock-never = אף פעם
lock-minutes = { $count } דק׳
lock-hour = שעה
settings-lock-after = נעילה בלי שימוש
settings-lock-desktop = נעילה עם שולחן העבודה
settings-lock-desktop-hint = כשהמסך ננעל או המחשב ישן
settings-connected = אנשים
settings-people = { $here } אנשי קשר מקוונים, { $near } בקרבת מקום
settings-addresses = כתובות
settings-addresses-none = אין: הרשת כבויה
settings-address = כתובת { $count }
settings-relay = ממסר { $count }
settings-relay-away = לא מחובר
settings-relay-idle = מחובר; עוד לא נושא דבר בשבילך
settings-relay-used = מחובר; נושא את הצ׳אטים שלך
settings-copy = העתקה
settings-blocked = אנשים חסומים
settings-storage = אחסון
settings-files = קבצים
settings-files-used = { $used } מתוך { $quota } לכל היותר
settings-files-more = קטנים יותר
settings-files-count = { $count ->
    [one] קובץ אחד
    [two] שני קבצים
   *[other] { $count } קבצים
}
settings-file-here = { $size }, אצל { $chat }
settings-file-partly = { $size }, אצל { $chat }, לא הכול כאן
settings-keys-hint = מה המקשים עושים
number-point = .
number-group = ,
size-bytes = { $count ->
    [one] בית אחד
    [two] שני בתים
   *[other] { $count } בתים
}
size-kb = { $count } kB
size-mb = { $count } MB
size-gb = { $count } GB
size-tb = { $count } TB
file-kind-folder = תיקייה
file-kind-audio = שמע
file-kind-file = קובץ
file-kind-picture = תמונה
file-kind-program = תוכנה
file-kind-video = וידאו
file-in-a-line = { $kind }: { $name }
file-contents = הצגת הקבצים
file-files = { $count ->
    [one] קובץ אחד
    [two] שני קבצים
   *[other] { $count } קבצים
}
file-percent = { $percent } % מתוך { $size }
file-cancelled = לא הורד
file-paused = מושהה
file-download = הורדה
file-pause = השהיה
file-resume = המשך
file-cancel = ביטול
file-save = שמירה בשם…
file-again = ניסיון חוזר
file-deed = { $deed }: { $name }
file-saved = נשמר בשם { $name }
file-watch = צפייה
sound-play = השמעת { $name }
sound-pause = השהיית { $name }
sound-speed = מהירות: { $name }
sound-note = הודעה קולית
recorder-send = שליחת ההודעה הקולית
save-title = שמירת הקובץ
save-place = היכן לשמור
save-button = שמירה
view-open = פתיחת התמונה { $name }
view-picture = תמונה { $name }, { $percent } %
view-older = התמונה הקודמת
view-newer = התמונה הבאה
view-in = הגדלה
view-out = הקטנה
view-fit = התאמה לחלון
view-copy = העתקת התמונה
album-open = פתיחת התמונה { $name }
contents-none = אין בה דבר.
contents-more = … ועוד { $count }
contents-folder = תיקייה { $name }
attach-title = קבצים אל { $name }
attach-place = קובץ או תיקייה
attach-up = תיקייה אחת למעלה
attach-open = פתיחת { $name }
attach-caption = מה לומר על כך
attach-more = הוספת עוד
attach-send = { $count ->
    [one] שליחת הקובץ
    [two] שליחת שני קבצים
   *[other] שליחת { $count } קבצים
}
span-weeks = { $count ->
    [one] שבוע
    [two] שבועיים
   *[other] { $count } שבועות
}
span-days = { $count ->
    [one] יום
    [two] יומיים
   *[other] { $count } ימים
}
span-hours = { $count ->
    [one] שעה
    [two] שעתיים
   *[other] { $count } שעות
}
span-minutes = { $count ->
    [one] דקה
    [two] שתי דקות
   *[other] { $count } דקות
}
span-seconds = { $count ->
    [one] שנייה
    [two] שתי שניות
   *[other] { $count } שניות
}
keys-sentence = לכל דבר בחלון הזה אפשר להגיע עם המקלדת.
keys-rows = מעבר בין תוצאות ורשימות
keys-open = פתיחת מה שנבחר
keys-back = חזרה: אל השדה, ואז החוצה
keys-chats = הצ׳אט שמעל, שמתחת
keys-line = שורה חדשה בהודעה
keys-edit = בשדה ריק: עריכת ההודעה האחרונה
keys-attach = קבצים לצ׳אט הפתוח
keys-scroll = לאורך הצ׳אט
keys-end = אל סוף הצ׳אט
refused-conflict = זה סותר את מה שכבר קיים: { $cause }
refused-storage = הדיסק לא מאפשר זאת: { $cause }
refused-network = הרשת לא מאפשרת זאת: { $cause }

menu-proof = שמירת הוכחה…
proof-title = שמירת הוכחה

attach-files = בחירת קבצים…
attach-folder = בחירת תיקייה…
