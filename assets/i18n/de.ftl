### Was das Fenster sagt, auf Deutsch.

## Zeiten

day-today = Heute
day-yesterday = Gestern
day-monday = Montag
day-tuesday = Dienstag
day-wednesday = Mittwoch
day-thursday = Donnerstag
day-friday = Freitag
day-saturday = Samstag
day-sunday = Sonntag
day-short-monday = Mo
day-short-tuesday = Di
day-short-wednesday = Mi
day-short-thursday = Do
day-short-friday = Fr
day-short-saturday = Sa
day-short-sunday = So
day-this-year = { $weekday }, { $day }. { $month }
day-other-year = { $day }. { $month } { $year }
day-until = { $day }. { $month }
day-short-this-year = { $day }. { $short }
day-short-other-year = { $day }. { $short } { $year }
day-and-time = { $day }, { $time }
time-of-day = { $hour }:{ $minute }
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
month-short-1 = Jan.
month-short-2 = Feb.
month-short-3 = März
month-short-4 = Apr.
month-short-5 = Mai
month-short-6 = Juni
month-short-7 = Juli
month-short-8 = Aug.
month-short-9 = Sept.
month-short-10 = Okt.
month-short-11 = Nov.
month-short-12 = Dez.
seen-now = Online
seen-today = Zuletzt online um { $time }
seen-yesterday = Zuletzt online gestern um { $time }
seen-before = Zuletzt online: { $day }
seen-never = Offline
seen-request = Wartet auf Antwort auf die Kontaktanfrage

## Das Fenster als Ganzes

window-title = ({ $count }) Betwixt
starting = Dein Profil wird geöffnet …
back = Zurück
you = Du
search-hint = Suchen

rail-chats = Chats
rail-people = Personen
rail-settings = Einstellungen
rail-me = Du

## Chats

chats-title = Chats
chats-add = Neu
chats-new = Neuer Chat
chats-new-group = Neue Gruppe
chats-search-label = Chats und Nachrichten durchsuchen
forward-search-label = Chats durchsuchen

found-messages = Nachrichten
found-searching = Wird gesucht …
found-nothing = Keine Nachricht passt dazu.
found-help = Versuche den Anfang eines Worts, "Wörter in Anführungszeichen", from:Ben, in:Reiher, date:2026-11, has:picture oder has:link.
found-indexing = Der Index wird noch angelegt: { $count } % der Nachrichten lassen sich schon finden.
found-more = Mehr anzeigen

seek-open = In diesem Chat suchen
seek-label = In { $name } suchen
seek-hint = In diesem Chat suchen
seek-older = Älter
seek-newer = Neuer
seek-close = Suche schließen
seek-count = { $at } von { $count }
seek-nothing = Nichts gefunden
seek-unclear = Unklar

chats-none = Noch keine Chats. Begrüße unten jemanden oder lade jemanden ein.
chats-none-near = Noch keine Chats. Personen in diesem Netzwerk erscheinen hier, andere kommen mit einer Einladung.
chats-none-found = Kein Chat mit „{ $name }“ im Namen.
chats-named = du wirst erwähnt
chats-draft = Entwurf:
chats-nothing = Noch keine Nachrichten
chats-unread = { $count ->
    [one] { $count } ungelesene Nachricht
   *[other] { $count } ungelesene Nachrichten
}
chats-requests = { $count ->
    [one] { $count } Kontaktanfrage
   *[other] { $count } Kontaktanfragen
}
mark-verified = verifiziert
mark-muted = stummgeschaltet
mark-disappears = Nachrichten verschwinden
mark-pinned = angeheftet
typing = schreibt …
typing-named = { $name } schreibt …
typing-both = { $name } und { $other } schreiben …
typing-many = { $count } Personen schreiben …
people-and-more = { $count ->
    [one] { $people } und { $count } weitere Person
   *[other] { $people } und { $count } weitere Personen
}

## Personen

people-title = Personen
people-search-label = Personen suchen
people-invite = Jemanden einladen
people-add = Per Link hinzufügen
people-requests = Anfragen
people-request-count = { $count ->
    [one] { $count } Kontaktanfrage
   *[other] { $count } Kontaktanfragen
}
people-nearby = In diesem Netzwerk
people-nearby-line = In der Nähe
people-nearby-label = { $name }, in diesem Netzwerk
people-nearby-none = Sonst hat niemand in diesem Netzwerk Betwixt geöffnet.
people-nearby-off = Du zeigst deinen Namen hier nicht, deshalb siehst du keine Namen. Unter Einstellungen, Datenschutz lässt sich das einschalten.
people-contacts = Kontakte
people-contacts-none = Hier stehen die Personen, mit denen du schreibst.
people-asks = Möchte mit dir schreiben
people-asked = Du hast um Kontakt gebeten

person-nearby = In diesem Netzwerk. Ihr habt noch nicht geschrieben.
person-blocked = Du hast diese Person blockiert.
person-greet = Chat beginnen
person-greet-hint = { $name } wird zuerst gefragt und sieht deinen Namen.
person-talk = Nachricht schreiben
person-gone-title = Hier ist niemand mehr
person-gone-sentence = Diese Person hat das Netzwerk verlassen.

## Der erste Start

offer-title = Du bist { $name }
offer-sentence = Andere in diesem Netzwerk sehen diesen Namen und dieses Bild. Nirgends wurde etwas registriert: Dein Schlüssel ist auf diesem Gerät entstanden. Links stehen die Personen in der Nähe, sobald sie da sind.
offer-rename = Namen ändern
offer-invite = Einladen
offer-add = Per Link hinzufügen
offer-passphrase = Passphrase festlegen
offer-recovery = Wörter sichern

## Ein Chat

empty-title = Wähle einen Chat aus
empty-sentence = Nachrichten gehen direkt auf das Gerät der anderen Person. Kein Server bewahrt sie auf.
empty-button = Personen finden
chat-more = Mehr
chat-verify = Verifizieren
chat-opening = Wird geöffnet …
start-sentence = Nur du und { $name } könnt lesen, was hier geschrieben wird. Vergleicht eure Sicherheitsnummern, um sicher zu sein, dass es { $name } ist.
start-group = Nur die Mitglieder von { $name } können lesen, was hier geschrieben wird. Wer später hinzukommt, liest, was ab dann geschrieben wird, und Früheres nur, wenn es beim Hinzufügen mitgegeben wird.
divider-unread = Ungelesene Nachrichten
divider-given = Darüber steht, was vor deinem Beitritt gesagt wurde
jump = Zur neuesten Nachricht
jump-count = { $count ->
    [one] { $count } neue Nachricht
   *[other] { $count } neue Nachrichten
}
gap-online = { $count ->
    [0] Es fehlen Nachrichten von { $name }. Sie werden gerade geholt.
    [one] Es fehlt { $count } Nachricht von { $name }. Sie wird gerade geholt.
   *[other] Es fehlen { $count } Nachrichten von { $name }. Sie werden gerade geholt.
}
gap-offline = { $count ->
    [0] Es fehlen Nachrichten von { $name }. Sie kommen, wenn { $name } online ist.
    [one] Es fehlt { $count } Nachricht von { $name }. Sie kommt, wenn { $name } online ist.
   *[other] Es fehlen { $count } Nachrichten von { $name }. Sie kommen, wenn { $name } online ist.
}
gap-nobody = { $count ->
    [one] Es fehlt { $count } Nachricht von { $name }. Sie kommt, wenn { $name } oder jemand anderes, der sie hat, online ist.
   *[other] Es fehlen { $count } Nachrichten von { $name }. Sie kommen, wenn { $name } oder jemand anderes, der sie hat, online ist.
}
banner-after-removal = { $count ->
    [one] { $count } Nachricht von { $name } kam nach dem Entfernen an und wird nicht angezeigt.
   *[other] { $count } Nachrichten von { $name } kamen nach dem Entfernen an und werden nicht angezeigt.
}
banner-forked = Ein Gerät von { $name } wurde kopiert oder auf einen älteren Stand zurückgesetzt. Frage { $name }, bevor du glaubst, was davon kommt.
banner-forked-mine = Dein Gerät wurde kopiert oder auf einen älteren Stand zurückgesetzt: Andere sehen das. Benutze von zwei Kopien ab jetzt nur noch eine.
reaches-removed = Gesendet, bevor die Person wusste, wer gegangen war: Entfernte Personen können es lesen.
reaches-removed-mine = Gesendet, bevor du wusstest, wer gegangen war: Entfernte Personen können es lesen.
message-deleted = Diese Nachricht wurde gelöscht.
message-newer = Eine neuere Art von Nachricht. Aktualisiere Betwixt, um sie zu sehen.
message-edited = bearbeitet
message-more = Mehr anzeigen
quote-label = Als Antwort auf { $name }
quote-nowhere = Eine Nachricht, die nicht auf diesem Gerät ist
quote-waiting = …
tick-waiting = wartet aufs Senden
tick-sent = gesendet
tick-delivered = zugestellt
tick-read = gelesen
tick-failed = nicht gesendet
failed-not-sent = Nicht gesendet.
failed-not-changed = Nicht geändert.
failed-retry = Erneut versuchen
failed-discard = Verwerfen
failed-ended = Der Knoten von Betwixt hat sich beendet.

composer-hint = Nachricht
composer-answer = Antwort an { $name }
composer-change = Nachricht ändern
composer-stop = Abbrechen
composer-keep = Änderung übernehmen
composer-emoji = Emojis
mention-take = Erwähnen
composer-label = Nachricht an { $name }
composer-send = Senden
composer-left = { $count ->
    [one] noch { $count } Byte
   *[other] noch { $count } Bytes
}
composer-too-long = Das ist länger, als eine Nachricht sein kann (16 KiB). Sende es in Teilen.

request-words = { $name } möchte mit dir schreiben. Wenn du annimmst, sieht die Person, dass du das gelesen hast und wann du online bist.
request-accept = Annehmen
request-decline = Ablehnen
request-block = Blockieren
blocked-words = Du hast { $name } blockiert. Nichts von dieser Person erreicht dich.

menu-label = Was mit { $name } getan werden kann
menu-pin = Anheften
menu-unpin = Lösen
menu-mute = Stummschalten
menu-unmute = Stummschaltung aufheben
menu-verify = Sicherheitsnummer prüfen
menu-remove = Kontakt entfernen
menu-block = Blockieren
menu-unblock = Freigeben
menu-copy = Text kopieren
menu-copy-link = Link kopieren
menu-react = Reagieren
menu-more-emojis = Mehr Emojis
menu-reply = Antworten
menu-edit = Bearbeiten
menu-forward = Weiterleiten
menu-pin-message = Für alle anheften
menu-unpin-message = Für alle lösen
menu-about = Nachrichteninfo
menu-message = Was mit dieser Nachricht getan werden kann
menu-delete = Löschen
menu-disappear = Verschwindende Nachrichten

gone-words = Du bist nicht mehr in dieser Gruppe. Was gesagt wurde, bleibt hier; nur jemand aus der Gruppe kann dich wieder hinzufügen.
invited-words = Du bist in „{ $name }“ eingeladen, mit { $people }. Wenn du annimmst, können sie dir hier schreiben und sehen, wann du es liest.
invited-words-by = { $by } lädt dich in „{ $name }“ ein, mit { $people }. Wenn du annimmst, können sie dir hier schreiben und sehen, wann du es liest.
group-invited-by = { $name } lädt dich ein

## Gruppen

group-info = Gruppeninfo
group-members = { $count ->
    [one] { $count } Mitglied
   *[other] { $count } Mitglieder
}
group-online = { $count } online
group-people = Mitglieder
group-invited = Du bist eingeladen
group-gone = Du bist nicht mehr in dieser Gruppe
group-add = Personen hinzufügen
group-describe = Name und Thema ändern
group-topic-add = Sag, wozu die Gruppe da ist
group-settings = Einstellungen
group-mute-hint = Nur Erwähnungen melden. Das siehst nur du
group-pin-hint = Bleibt oben in deinen Chats. Das siehst nur du
group-who-adds = Wer fügt hinzu?
group-who-admins = Admins
group-who-all = Alle
group-leave = Gruppe verlassen
group-delete = Chat löschen
member-owner = Leitung
member-admin = Admin
member-plain = Mitglied
member-forked = ein Gerät wurde kopiert oder zurückgesetzt
member-blocked = von dir blockiert
member-asked = Kontaktanfrage
member-nearby = kein Kontakt, in diesem Netzwerk
member-stranger = kein Kontakt
member-greet = Als Kontakt hinzufügen
member-promote = Zum Admin machen
member-demote = Zum Mitglied machen
member-remove = Aus der Gruppe entfernen

## Verifizieren

verify-title = { $name } verifizieren
verified-title = { $name } ist verifiziert
verify-sentence = Vergleicht diese Zahlen persönlich oder am Telefon. Ihr müsst beide dasselbe sehen.
verify-waiting = Die Nummer wird berechnet …
verify-qr = Sicherheitsnummer als QR-Code
verify-number = Sicherheitsnummer
verify-match = Stimmt überein
verify-differ = Nicht gleich
verify-clear = Nicht mehr verifiziert
verify-warning = Nicht gleich? Dann nicht als verifiziert markieren.

## Dialoge

dialog-close = Schließen
dialog-cancel = Abbrechen
dialog-waiting = Einen Moment …

invite-title = Jemanden einladen
invite-sentence = Sende diesen Link an eine Person, oder lass sie den Code scannen. Er gilt einmal, sieben Tage lang.
invite-waiting = Einladung wird erstellt …
invite-qr = Deine Einladung als QR-Code
invite-again = Neuer Link
invite-copy = Link kopieren

add-title = Jemanden hinzufügen
add-sentence = Füge den Einladungslink ein, den du bekommen hast, oder zieh ein Bild seines Codes hierher.
add-link = Einladungslink
add-chosen = Bild auswählen
add-copied = Kopiertes Bild
add-button = Hinzufügen

link-title = Diesen Link öffnen?
link-sentence = Er öffnet sich in deinem Browser, und die Seite erfährt deine Adresse. Betwixt selbst lädt nichts.
link-leads = Führt zu { $name }
link-known = im Netz: { $name }
link-alike = Dieser Name mischt Buchstaben, die gleich aussehen. Er gibt sich vielleicht als eine andere Seite aus.
link-before = Was vor „@“ steht, ist nicht die Seite: Der Link führt zu { $name }.
link-plain = Die Verbindung ist nicht verschlüsselt: Andere können lesen und ändern, was du siehst.
link-open = Öffnen
link-none = Das ist kein Link, der sich öffnen lässt.

scan-large = Dieses Bild ist zu groß: Höchstens 16 MiB und 50 Millionen Pixel werden gelesen.
scan-picture = Das ist kein PNG- oder JPEG-Bild, oder es ist beschädigt.
scan-code = In diesem Bild ist kein QR-Code, oder er ist nicht lesbar.
scan-choose = Bild einer Einladung auswählen
scan-pictures = Bilder
scan-chooser = Dieser Desktop hat kein Fenster zur Dateiauswahl. Zieh das Bild hierher oder kopiere es.
scan-copied = In der Zwischenablage ist kein Bild.

rename-title = Dein Name
rename-sentence = Deine Kontakte und die Personen in deinem Netzwerk sehen ihn.
rename-name = Name
rename-button = Namen ändern

remove-title = { $name } entfernen?
remove-sentence = Die Person kann dir nicht mehr schreiben, außer du nimmst eine neue Anfrage an. Was ihr geschrieben habt, bleibt.
remove-button = Entfernen
block-title = { $name } blockieren?
block-sentence = Nichts von dieser Person erreicht dich mehr. Sie erfährt davon nichts.
block-button = Blockieren
delete-title = Diese Nachricht löschen?
delete-sentence = Sie verschwindet nur von diesem Gerät.
delete-sentence-mine = Wenn du sie für alle löschst, verschwindet der Text bei euch beiden; dass sie da war, bleibt sichtbar. Die andere Seite hat sie vielleicht gelesen oder kopiert.
delete-sentence-mine-group = Wenn du sie für alle löschst, verschwindet der Text bei allen in der Gruppe; dass sie da war, bleibt sichtbar. Andere haben sie vielleicht gelesen oder kopiert.
delete-all = Für alle löschen
delete-me = Für mich löschen
disappear-title = Verschwindende Nachrichten
disappear-sentence = Was ihr beide ab jetzt schreibt, verschwindet so lange nach dem Lesen. Das hindert niemanden daran, es zu kopieren.
disappear-sentence-group = Was hier ab jetzt geschrieben wird, verschwindet so lange nach dem Lesen. Das hindert niemanden daran, es zu kopieren.
disappear-never = Nie
disappear-minute = Nach einer Minute
disappear-hour = Nach einer Stunde
disappear-day = Nach einem Tag
disappear-week = Nach einer Woche
disappear-month = Nach vier Wochen

found-title = Neue Gruppe
found-sentence = Alle in der Gruppe lesen alles. Niemand sonst, auch kein Server.
found-name = Name der Gruppe
found-button = Gruppe erstellen
add-people-title = Personen zu { $name } hinzufügen
add-people-sentence = Sie lesen, was ab jetzt geschrieben wird.
before-label = Was vorher gesagt wurde
before-none = Nichts
before-last = Die letzten 100
before-all = Alles
before-none-sentence = Sie bekommen nicht, was vorher gesagt wurde.
before-last-sentence = Sie bekommen die neuesten 100 Nachrichten von deinem Gerät, egal von wem. Das lässt sich nicht zurücknehmen.
before-all-sentence = Sie bekommen alle von deinem Gerät, bis zu 10.000 Nachrichten, egal von wem. Das lässt sich nicht zurücknehmen.
add-people-button = Hinzufügen
pick-search = Kontakte suchen
pick-none = Kein Kontakt mit „{ $name }“ im Namen.
pick-nobody = Keine Kontakte zum Hinzufügen. Begrüße zuerst jemanden.
pick-all = Alle deine Kontakte sind schon dabei.
pick-back = { $name } nicht hinzufügen
describe-title = Name und Thema
describe-sentence = Alle in der Gruppe sehen sie, und wer sie geändert hat.
describe-topic = Wozu die Gruppe da ist
describe-button = Speichern
remove-member-title = { $name } aus { $group } entfernen?
remove-member-sentence = Was ab dann geschrieben wird, kann { $name } nicht lesen. Was schon dort ist, bleibt dort, und alle sehen, dass du { $name } entfernt hast.
leave-title = { $name } verlassen?
leave-sentence = Nichts Neues erreicht dich, und alle sehen, dass du gegangen bist. Was gesagt wurde, bleibt auf diesem Gerät. Nur jemand aus der Gruppe kann dich wieder hinzufügen.
leave-button = Verlassen
delete-chat-title = { $name } löschen?
delete-chat-sentence = Du verlässt die Gruppe, und alles darin verschwindet von diesem Gerät. Die anderen behalten, was sie haben.
delete-chat-sentence-gone = Alles darin verschwindet von diesem Gerät. Die anderen behalten, was sie haben.
delete-chat-button = Löschen
about-title = Nachrichteninfo
about-said = Gesagt
about-author = Von
about-came = Hier angekommen
about-given = Aus dem Verlauf, den dir { $name } gegeben hat
about-edited = Bearbeitet
about-deleted-by = Gelöscht von
about-before = Vor der Bearbeitung
forward-title = Weiterleiten
forward-to = An { $name } weiterleiten
forward-button = Weiterleiten
react-title = Reagieren
emoji-search = Emojis suchen
emoji-none = Kein Emoji namens „{ $name }“.
tone-label = Haut: { $name }
tone-none = gelb
tone-light = hell
tone-medium-light = mittelhell
tone-medium = mittel
tone-medium-dark = mitteldunkel
tone-dark = dunkel
pins-title = Angeheftete Nachrichten
pins-sentence = Alle im Chat sehen sie oben.
pins-none = Nichts ist angeheftet. Im Menü einer Nachricht steht „Für alle anheften“.
pins-one = Angeheftete Nachricht
pins-nth = Angeheftete Nachricht { $number } von { $count }
pins-all = Alle angehefteten Nachrichten
pins-label = Angeheftet: { $name }
receipts-title = Wer sie hat
receipts-ask = Wer sie hat: { $name }
receipts-nobody = Sonst war niemand in der Gruppe.
receipt-queued = Wartet auf diesem Gerät
receipt-held = Liegt bei jemand anderem bereit
receipt-delivered = Auf dem Gerät
receipt-read = Gelesen

passphrase-set-title = Passphrase festlegen
passphrase-set-sentence = Sie verschließt alles auf diesem Gerät. Niemand kann sie zurücksetzen: Vergisst du sie, sind Kontakte und Nachrichten verloren, und nur deine Wiederherstellungswörter bringen dein Konto zurück.
passphrase-change-title = Passphrase
passphrase-change-sentence = Ändere sie, oder entferne sie und verzichte darauf.
passphrase-current = Aktuelle Passphrase
passphrase-new = Neue Passphrase
passphrase-again = Neue Passphrase wiederholen
passphrase-differs = Die beiden sind nicht gleich.
passphrase-short = Nimm mindestens acht Zeichen.
passphrase-button = Speichern
passphrase-waiting = Wird gespeichert …
passphrase-remove = Passphrase entfernen
passphrase-changed = Die Passphrase wurde geändert.

recovery-title = Wiederherstellungswörter
recovery-sentence = Mit diesen Wörtern und „betwixt restore“ bist du wieder dieselbe Person, wenn du dieses Gerät verlierst. Kontakte und Nachrichten sind nicht darin. Schreib sie auf Papier.
recovery-warning = Wer diese Wörter hat, kann du sein.
recovery-reveal = Wörter anzeigen
recovery-words = Deine Wiederherstellungswörter
recovery-copy = Kopieren
recovery-done = Ich habe sie notiert

## Gesperrt, angehalten

locked-title = Betwixt ist gesperrt
locked-sentence = Gib deine Passphrase ein, um es zu öffnen.
locked-passphrase = Passphrase
locked-button = Entsperren
locked-waiting = Wird entsperrt …
stopped-title = Betwixt kann nicht weitermachen
stopped-next = Wenn das erledigt ist, schließe dieses Fenster und starte Betwixt neu.
stopped-next-damaged = Kopiere das Verzeichnis des Profils an einen sicheren Ort, bevor du etwas versuchst, und starte Betwixt dann neu.
stopped-copy = Meldung kopieren
stopped-close = Schließen

## Was das Fenster von sich aus sagt

toast-copied = Kopiert.
toast-forwarded = { $count ->
    [one] An { $count } Chat weitergeleitet.
   *[other] An { $count } Chats weitergeleitet.
}
toast-copied-secret = Kopiert. Die Zwischenablage wird in 30 Sekunden geleert.
notice-dismiss = Schließen
notice-differs = Die Sicherheitsnummer von { $name } stimmt nicht überein.
notice-next-differs = Vielleicht ist jemand dazwischen. Schreib hier nichts Geheimes, trefft euch und vergleicht noch einmal.
notice-next-conflict = Vergleicht die Sicherheitsnummern noch einmal, bevor du etwas Geheimes schreibst.
notice-next-rolled-back = Was fehlt, kommt, sobald deine Kontakte wieder schreiben. Benutze keine andere Kopie dieses Profils mehr.
notice-next-storage = Schaffe Platz, dann geht es weiter.
notice-next-network = Prüfe deine Netzwerkverbindung; Betwixt versucht es weiter.

alert-app = Betwixt
alert-message = Neue Nachricht
alert-request = Jemand möchte mit dir schreiben
alert-request-by = { $name } möchte mit dir schreiben
alert-count = { $name } ({ $count })
alert-open = Öffnen
alert-answer = Antworten

tray-open = Betwixt öffnen
tray-quit = Beenden

## Einstellungen

settings-title = Einstellungen
settings-id = Betwixt-ID  { $name }
settings-rename = Namen ändern
settings-avatar = Anderes Bild
settings-invite = Jemanden einladen
settings-appearance = Darstellung
settings-language = Sprache
language-system = System
settings-theme = Design
theme-system = System
theme-light = Hell
theme-dark = Dunkel
settings-accent = Farbe
accent-indigo = Indigo
accent-teal = Petrol
accent-plum = Pflaume
accent-ember = Glut
settings-size = Textgröße
size-small = Klein
size-normal = Normal
size-large = Groß
size-larger = Größer
settings-density = Dichte
density-comfortable = Bequem
density-compact = Kompakt
settings-ground = Hintergrund
ground-plain = Glatt
ground-dots = Punkte
ground-waves = Wellen
ground-rings = Ringe
settings-motion = Bewegung reduzieren
settings-motion-hint = Nichts bewegt sich, was nicht muss
settings-login = Bei der Anmeldung starten
settings-login-hint = Betwixt öffnen, wenn du dich am Computer anmeldest
settings-close = Ins Symbolfeld schließen
settings-close-hint = Betwixt läuft weiter, und sein Symbol holt es zurück
settings-minimise = Ins Symbolfeld minimieren
settings-tray = Symbolfeld
settings-tray-none = Hier gibt es keins: Schließen beendet Betwixt
settings-minimise-hint = Das Fenster verschwindet aus der Leiste des Desktops
settings-alerts = Benachrichtigungen
settings-alerts-on = Neues melden
settings-alerts-on-hint = Solange du den Chat nicht ansiehst
settings-alerts-show = Anzeigen
alerts-text = Text
alerts-name = Name
alerts-nothing = Nichts
settings-alerts-sound = Ton
settings-alerts-sound-hint = Ein kurzer, den dein Desktop abspielt
settings-quiet = Nicht stören
settings-quiet-none = Benachrichtigungen werden angezeigt
settings-quiet-hours-now = Ruhezeit: Jetzt wird nichts angezeigt
settings-quiet-silent = Bis morgen um acht Uhr wird nichts angezeigt
settings-quiet-tomorrow = Bis morgen
settings-quiet-end = Jetzt beenden
settings-quiet-hours = Ruhezeit
settings-quiet-hours-hint = Zwischen zwei Uhrzeiten wird nichts angezeigt
settings-quiet-from = Von
settings-quiet-until = Bis
settings-earlier = { $name }: früher
settings-later = { $name }: später
settings-privacy = Datenschutz
settings-receipts = Lesebestätigungen
settings-receipts-hint = Andere sehen, wann du eine Nachricht gelesen hast
settings-typing = Schreibanzeige
settings-typing-hint = Andere sehen, wenn du schreibst
settings-presence = Onlinestatus
settings-presence-hint = Für Kontakte. Eine direkte Verbindung verrät ihn immer
settings-nearby = Personen in der Nähe
settings-nearby-hint = Deinen Namen in diesem Netzwerk zeigen und andere sehen
settings-security = Sicherheit
settings-passphrase = Passphrase
settings-passphrase-on = Betwixt fragt beim Start danach
settings-passphrase-off = Wer dieses Gerät benutzt, kann Betwixt öffnen
settings-set = Festlegen
settings-change = Ändern
settings-recovery = Wiederherstellungswörter
settings-recovery-hint = Anderswo dieselbe Person sein. Ohne Nachrichten
settings-show = Anzeigen
settings-lock = Jetzt sperren
settings-lock-hint = Strg+L tut dasselbe
settings-lock-verb = Sperren
lock-never = Nie
lock-minutes = { $count } min
lock-hour = 1 h
settings-lock-after = Unbenutzt sperren
settings-lock-desktop = Mit dem Desktop sperren
settings-lock-desktop-hint = Wenn der Bildschirm gesperrt wird oder der Computer schläft
settings-network = Netzwerk
settings-connected = Personen
settings-people = { $here } Kontakte online, { $near } in der Nähe
settings-addresses = Adressen
settings-addresses-none = Keine: Das Netzwerk ist aus
settings-address = Adresse { $count }
settings-relay = Relais { $count }
settings-relay-away = Nicht verbunden
settings-relay-idle = Verbunden; trägt noch nichts für dich
settings-relay-used = Verbunden; trägt deine Chats
settings-copy = Kopieren
settings-blocked = Blockierte Personen
settings-about = Über Betwixt
settings-version = Version
settings-profile = Profil
settings-licence = Lizenz

## Dateien

number-point = ,
number-group = .
size-bytes = { $count ->
    [one] { $count } Byte
   *[other] { $count } Bytes
}
size-kb = { $count } kB
size-mb = { $count } MB
size-gb = { $count } GB
size-tb = { $count } TB
size-rate = { $size }/s
left-seconds = noch { $count } s
left-minutes = noch { $count } min
left-hours = noch { $count } h
left-days = { $count ->
    [one] noch { $count } Tag
   *[other] noch { $count } Tage
}

disk-nothing = Unter diesem Namen gibt es nichts.
disk-forbidden = Das darfst du nicht lesen.
disk-no-file = Das ist keine Datei, die sich senden lässt.
disk-too-much = Es ist zu viel darin oder zu tief: höchstens 20.000 Dateien und Ordner, 32 davon ineinander, und 256 GiB.
disk-unreadable = Das lässt sich nicht lesen.

file-kind-folder = Ordner
file-kind-audio = Audio
file-kind-file = Datei
file-kind-picture = Bild
file-kind-program = Programm
file-kind-video = Video
file-in-a-line = { $kind }: { $name }
file-named = { $kind } { $name }, Endung { $extension }
file-named-folder = { $kind } { $name }
file-named-bare = { $kind } { $name }, ohne Endung
file-contents = Dateien zeigen
file-files = { $count ->
    [one] eine Datei
   *[other] { $count } Dateien
}
file-percent = { $percent } % von { $size }
file-cancelled = nicht heruntergeladen
file-paused = angehalten
file-waits = wartet auf jemanden, der sie hat
file-sealing = wird versiegelt …
file-giving = { $percent } % bei { $name }
file-keeping = { $percent } % bei einem Relais, für { $people }
file-kept = Bis { $until } bei einem Relais, für { $people }
file-lacking = von { $people } noch nicht heruntergeladen
file-halted = Wird von selbst wieder versucht: { $why }
file-not-here = Nicht heruntergeladen: { $why }
file-download = Herunterladen
file-pause = Anhalten
file-resume = Fortsetzen
file-cancel = Abbrechen
file-save = Speichern unter …
file-again = Erneut versuchen
file-deed = { $name }: { $deed }
file-progress = { $percent } Prozent von { $name }
file-saved = Gespeichert als { $name }

file-watch = Ansehen
sound-play = { $name } abspielen
sound-pause = { $name } anhalten
sound-place = Stelle in der Aufnahme: { $name }
sound-speed = Geschwindigkeit: { $name }
sound-note = Sprachnachricht
sound-note-of = Sprachnachricht { $name }
sound-not-here = Sie ist noch nicht hier.
sound-none = Auf diesem Computer gibt es keinen Ton: Kein Soundserver (PipeWire oder PulseAudio) antwortet.
sound-server = Der Soundserver dieses Computers lehnt ab; sieh in seinen Einstellungen nach.
sound-refused = Dieser Ton lässt sich nicht abspielen.
watch-none = Auf diesem Computer öffnet das nichts. Speichere es, um es anderswo zu öffnen.

composer-record = Sprachnachricht aufnehmen
recorder-status = Aufnahme läuft, { $name }
recorder-discard = Aufnahme verwerfen
recorder-send = Sprachnachricht senden

save-title = Diese Datei speichern
save-sentence = Sieh dir die Endung „{ $name }“ an, bevor du sie öffnest: Was sie sein soll, hat nur gesagt, wer sie gesendet hat.
save-sentence-bare = Der Name sagt nicht, was es ist. Was sie sein soll, hat nur gesagt, wer sie gesendet hat.
save-place = Speicherort
save-button = Speichern

view-open = Bild { $name } öffnen
view-picture = Bild { $name }, { $percent } %
view-none = Dieses Bild lässt sich nicht zeigen: Es ist beschädigt, zu groß oder von anderer Art. Speichere es, um es anderswo anzusehen.
view-large = Dieses Bild ist zu groß für die Grafik dieses Bildschirms. Speichere es, um es anderswo anzusehen.
view-too-large = Dieses Bild ist zu groß, um es hier zu zeigen: höchstens 50 Millionen Pixel und 64 MiB.
view-elsewhere = Mit dem Programm des Systems öffnen
view-coming = Das Bild wird geöffnet …
view-older = Voriges Bild
view-newer = Nächstes Bild
view-in = Größer
view-out = Kleiner
view-fit = An das Fenster anpassen
view-copy = Bild kopieren

album-open = Bild { $name } öffnen
album-download = { $name } herunterladen, { $line }
album-picture = Bild { $name }, { $line }

composer-attach = Dateien senden
contents-title = Was in { $name } ist
contents-sentence = Gespeichert wird ein neuer Ordner: neben dem, was da ist, nie darüber.
contents-waits = Wird gefragt …
contents-none = Es ist nichts darin.
contents-more = … und { $count } weitere
contents-folder = Ordner { $name }
attach-title = Dateien für { $name }
attach-drop = Loslassen, um es an { $name } zu senden
attach-sentence = Sie werden auf diesem Gerät versiegelt und gehen direkt an alle im Chat.
attach-place = Datei oder Ordner
attach-up = Einen Ordner höher
attach-open = { $name } öffnen
attach-empty = Hier ist nichts, was sich senden lässt.
attach-whole = Diesen Ordner mit allem darin senden
attach-chosen = { $name }, { $size }
attach-less = { $less } statt { $size }
attach-as-it-is = Ein Ordner wird gesendet, wie er ist: Bilder darin sagen vielleicht, wo sie aufgenommen wurden.
attach-original = Original senden
attach-original-off = Bilder werden kleiner gesendet und ohne ihren Aufnahmeort.
attach-original-on = Bilder werden so gesendet, wie sie sind, vielleicht mit Aufnahmeort.
attach-damaged = Dieses Bild ist beschädigt: Es lässt sich nur so senden, wie es ist.
attach-opaque = Was in diesem Bild steht, lässt sich nicht entfernen: Es lässt sich nur so senden, wie es ist.
attach-large = Dieses Bild ist zu groß, um verkleinert zu werden: Es lässt sich nur so senden, wie es ist.
attach-without = { $name } nicht senden
attach-caption = Etwas dazu sagen
attach-more = Mehr hinzufügen
attach-stop = Zurück zur Auswahl
attach-send = { $count ->
    [one] Datei senden
   *[other] { $count } Dateien senden
}

settings-storage = Speicher
settings-files = Dateien
settings-files-used = { $used } von höchstens { $quota }
settings-files-more = Kleinere
settings-files-count = { $count ->
    [one] { $count } Datei
   *[other] { $count } Dateien
}
settings-file-here = { $size }, in { $chat }
settings-file-partly = { $size }, in { $chat }, noch nicht ganz hier

## Was sich an einer Gruppe geändert hat

change-void = { $by ->
    [me] Du hast
   *[other] { $name } hat
} versucht, die Gruppe zu ändern, was nicht zählte
change-founded = { $by ->
    [me] Du hast
   *[other] { $name } hat
} die Gruppe „{ $text }“ gegründet
change-added = { $by ->
    [me] Du hast
   *[other] { $name } hat
} { $whom ->
    [me] dich
   *[other] { $person }
} hinzugefügt
change-removed = { $by ->
    [me] Du hast
   *[other] { $name } hat
} { $whom ->
    [me] dich
   *[other] { $person }
} entfernt
change-made-plain = { $by ->
    [me] Du hast
   *[other] { $name } hat
} { $whom ->
    [me] dich
   *[other] { $person }
} zum einfachen Mitglied gemacht
change-made-admin = { $by ->
    [me] Du hast
   *[other] { $name } hat
} { $whom ->
    [me] dich
   *[other] { $person }
} zum Admin gemacht
change-left = { $by ->
    [me] Du hast
   *[other] { $name } hat
} die Gruppe verlassen
change-named = { $by ->
    [me] Du hast
   *[other] { $name } hat
} die Gruppe „{ $text }“ genannt
change-topic = { $by ->
    [me] Du hast
   *[other] { $name } hat
} geändert, wozu die Gruppe da ist: „{ $text }“
change-adds-admins = { $by ->
    [me] Du hast
   *[other] { $name } hat
} festgelegt, dass nur Admins Personen hinzufügen
change-adds-all = { $by ->
    [me] Du hast
   *[other] { $name } hat
} festgelegt, dass alle Personen hinzufügen
change-disappear = { $by ->
    [me] Du hast
   *[other] { $name } hat
} Nachrichten nach { $text } verschwinden lassen
change-stay = { $by ->
    [me] Du hast
   *[other] { $name } hat
} festgelegt, dass Nachrichten bleiben
change-other = { $by ->
    [me] Du hast
   *[other] { $name } hat
} die Einstellungen der Gruppe geändert
span-weeks = { $count ->
    [one] { $count } Woche
   *[other] { $count } Wochen
}
span-days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tagen
}
span-hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
span-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
span-seconds = { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}

keys-title = Tastenkürzel
keys-sentence = Alles in diesem Fenster ist mit der Tastatur erreichbar.
keys-search = Chats und Nachrichten durchsuchen
keys-seek = Im offenen Chat suchen
keys-rows = Durch Treffer und Listen
keys-open = Gewähltes öffnen
keys-back = Zurück: ins Feld, dann hinaus
keys-chats = Der Chat darüber, darunter
keys-line = Neue Zeile in einer Nachricht
keys-edit = Im leeren Feld: letzte Nachricht bearbeiten
keys-attach = Dateien für den offenen Chat
keys-scroll = Durch den Chat
keys-end = Ans Ende des Chats
keys-people = Personen
keys-settings = Einstellungen
keys-lock = Sperren
settings-keys-hint = Was die Tasten tun

io-missing = so eine Datei oder so einen Ordner gibt es dort nicht
io-denied = keine Berechtigung
io-full = kein Platz mehr auf der Festplatte
io-quota = mehr ist auf dieser Festplatte nicht erlaubt
io-read-only = das Dateisystem ist schreibgeschützt
io-exists = so etwas gibt es dort schon
io-folder = es ist ein Ordner
io-no-folder = ein Teil des Pfads ist kein Ordner
io-not-empty = der Ordner ist nicht leer
io-large = die Datei ist zu groß für dieses Dateisystem
io-name = der Name ist zu lang oder dort nicht möglich
io-busy = ein anderes Programm benutzt es gerade
io-memory = der Arbeitsspeicher reicht nicht
io-end = es endet zu früh
io-late = es dauerte zu lange
io-refused = dort antwortet niemand
io-reset = die Gegenseite hat die Verbindung beendet
io-network = das Netzwerk ist nicht erreichbar
io-host = es gibt keinen Weg zum anderen Computer
io-in-use = dort lauscht schon ein anderes Programm
io-many = zu viele Dateien sind zugleich offen
io-disk = die Festplatte versagt
io-other = das System hat es abgelehnt ({ $name })

refused-invalid = Das ergibt hier keinen Sinn: { $cause }
refused-not-found = Das gibt es nicht: { $cause }
refused-conflict = Das widerspricht dem, was da ist: { $cause }
refused-locked = Das Profil ist gesperrt: { $cause }
refused-forbidden = Das darfst du nicht: { $cause }
refused-too-large = Das ist zu groß: { $cause }
refused-storage = Die Festplatte lässt es nicht zu: { $cause }
refused-network = Das Netzwerk lässt es nicht zu: { $cause }
refused-unsupported = Diese Version kann das nicht: { $cause }

menu-proof = Beweis speichern …
proof-title = Beweis speichern
proof-sentence = Diese Datei zeigt jedem, dass du diese Nachricht geschrieben hast, was darin steht und wer unterschrieben hat, sie zu haben. „betwixt verify“ prüft sie.
proof-has = { $name } hat unterschrieben: hat sie
proof-open = { $name } hat noch nicht unterschrieben
proof-relays = { $count ->
    [one] { $count } Relay hat unterschrieben: bewahrt sie auf
   *[other] { $count } Relays haben unterschrieben: bewahren sie auf
}
proof-asking = Wer unterschrieben hat, wird noch gefragt …
proof-unsaved = Der Beweis wurde nicht gespeichert: { $name }

attach-files = Dateien wählen …
attach-folder = Einen Ordner wählen …
awake-reason = Betwixt soll erreichbar bleiben
settings-awake = Erreichbar bleiben
settings-awake-hint = Der Computer schläft nicht von selbst ein, solange Betwixt läuft
