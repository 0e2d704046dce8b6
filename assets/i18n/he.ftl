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
