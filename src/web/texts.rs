//! Every fixed sentence of the pages, in German and English side by side.
//!
//! The table makes one struct and one constant for each language from the same lines, so a missing
//! translation does not compile. Sentences that hold a number or a day are in [`super::words`].

use crate::domain::person::Language;

macro_rules! texts {
    ($($key:ident: $german:literal, $english:literal;)+) => {
        /// The sentences in one language, one field each.
        #[derive(Debug, PartialEq, Eq)]
        pub struct Texts {
            $(pub $key: &'static str,)+
        }

        static GERMAN: Texts = Texts { $($key: $german,)+ };
        static ENGLISH: Texts = Texts { $($key: $english,)+ };
    };
}

impl Texts {
    /// The sentences in `language`.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::German => &GERMAN,
            Language::English => &ENGLISH,
        }
    }
}

texts! {
    // -- the frame around every page
    language_code: "de", "en";
    skip_to_content: "Zum Inhalt springen", "Skip to content";
    main_navigation: "Hauptnavigation", "Main navigation";
    today: "Heute", "Today";
    documents: "Dokumente", "Documents";
    tasks: "Aufgaben", "Tasks";
    system: "System", "System";
    add: "Neu", "Add";
    account: "Konto", "Account";
    log_out: "Abmelden", "Log out";
    appearance: "Darstellung", "Appearance";
    theme_auto: "Wie das Gerät", "Like the device";
    theme_light: "Hell", "Light";
    theme_dark: "Dunkel", "Dark";
    language: "Sprache", "Language";
    save: "Speichern", "Save";
    apply: "Übernehmen", "Apply";
    edit: "Ändern", "Edit";
    more: "Mehr anzeigen", "Show more";
    undo: "Rückgängig", "Undo";
    offline: "Keine Verbindung. Die Seite wird aktualisiert, sobald das Haus wieder antwortet.",
        "No connection. This page will update as soon as the house answers again.";

    was_done: "Erledigt.", "Done.";
    was_not_mine: "Abgegeben: nicht Ihre Sache.", "Handed back: not yours.";
    was_put_off: "Zurückgestellt.", "Put off.";
    was_saved: "Gespeichert.", "Saved.";
    was_sent: "Die Probe ist unterwegs.", "The test is on its way.";
    was_trashed: "In den Papierkorb gelegt. Dort bleibt es 30 Tage.",
        "Moved to the trash. It stays there for 30 days.";
    was_cancelled: "Abgebrochen. Das Original bleibt hier.", "Cancelled. The original stays here.";
    was_accepted: "Angenommen. Es wird jetzt gelesen.", "Accepted. It is being read now.";

    // -- today
    next_thing: "Als Nächstes", "Next thing to do";
    done: "Erledigt", "Done";
    later: "Später", "Later";
    not_mine: "Nicht meins", "Not mine";
    later_evening: "Heute Abend", "This evening";
    later_tomorrow: "Morgen früh", "Tomorrow morning";
    later_three_days: "In 3 Tagen", "In 3 days";
    later_week: "In einer Woche", "In a week";
    later_on_day: "An einem Tag", "On a day";
    overdue: "Überfällig", "Overdue";
    due_today: "Heute fällig", "Due today";
    this_week: "In den nächsten 7 Tagen", "In the next 7 days";
    later_on: "Danach", "After that";
    without_day: "Ohne Termin", "Without a day";
    put_off: "Zurückgestellt", "Put off";
    ask_you: "Fragen an Sie", "Questions for you";
    newly_arrived: "Neu eingetroffen", "New arrivals";
    rights_ended: "Abgelaufene Möglichkeiten", "Options that have ended";
    arrived_late_title: "Schon abgelaufen, als es eintraf", "Already past when it arrived";
    arrived_late_hint: "Diese Fristen lagen vor dem Eingang. Niemand wird daran erinnert.",
        "These days had passed before the documents arrived. Nobody is reminded of them.";
    nothing_due: "Nichts fällig.", "Nothing is due.";
    nothing_due_hint: "Alles beantwortet. Neue Briefe und Rechnungen können Sie jederzeit hinzufügen.",
        "Everything is answered. You can add new letters and bills at any time.";
    welcome: "Willkommen.", "Welcome.";
    welcome_hint: "Legen Sie den ersten Brief hinein: als PDF, Scan oder Foto. Was darin verlangt wird und bis wann, steht gleich hier.",
        "Put the first letter in: a PDF, a scan or a photo. What it wants, and by when, will stand here in a moment.";
    add_documents: "Dokumente hinzufügen", "Add documents";
    all_documents: "Alle Dokumente", "All documents";
    all_tasks: "Alle Aufgaben", "All tasks";
    optional: "freiwillig", "optional";

    // -- documents
    search: "Suchen", "Search";
    search_hint: "Wörter, Namen, Nummern …", "Words, names, numbers …";
    any_kind: "Jede Art", "Any kind";
    any_stage: "Jeder Stand", "Any stage";
    any_time: "Jederzeit", "Any time";
    time_month: "Letzte 30 Tage", "Last 30 days";
    time_quarter: "Letzte 3 Monate", "Last 3 months";
    time_year: "Letzte 12 Monate", "Last 12 months";
    kind: "Art", "Kind";
    stage: "Stand", "Stage";
    time: "Zeitraum", "Time";
    filter: "Filtern", "Filter";
    clear_filter: "Filter aufheben", "Clear filters";
    trash: "Papierkorb", "Trash";
    trash_hint: "Was hier liegt, wird nach 30 Tagen überall gelöscht.",
        "What lies here is erased everywhere after 30 days.";
    trash_empty: "Der Papierkorb ist leer.", "The trash is empty.";
    no_documents: "Noch keine Dokumente.", "No documents yet.";
    no_documents_hint: "Ziehen Sie Dateien hierher oder wählen Sie sie aus. PDF, JPEG, PNG, TIFF, WebP und Text werden gelesen.",
        "Drop files here or choose them. PDF, JPEG, PNG, TIFF, WebP and text are read.";
    nothing_found: "Nichts gefunden.", "Nothing found.";
    nothing_found_hint: "Versuchen Sie einen Teil des Wortes oder nehmen Sie einen Filter weg.",
        "Try a part of the word, or take a filter away.";
    choose_files: "Dateien wählen", "Choose files";
    drop_or_choose: "Hierher ziehen oder auswählen", "Drop here or choose";
    file_types: "PDF, JPEG, PNG, TIFF, WebP, Text", "PDF, JPEG, PNG, TIFF, WebP, text";
    upload: "Hochladen", "Upload";
    upload_waiting: "wartet", "waiting";
    upload_sending: "wird gesendet", "sending";
    upload_kept: "angenommen", "accepted";
    upload_known: "schon bekannt", "already known";
    upload_failed: "nicht angenommen", "not accepted";
    no_preview: "Noch keine Vorschau", "No preview yet";
    cancel: "Abbrechen", "Cancel";

    page_of_pages: "Seite {done} von {pages}", "Page {done} of {pages}";

    // -- one document
    what_it_says: "Was darin steht", "What it says";
    what_it_wants: "Was zu tun ist", "What it wants";
    wants_nothing: "Dieses Dokument verlangt nichts von Ihnen.", "This document wants nothing from you.";
    pages: "Seiten", "Pages";
    page: "Seite", "Page";
    original: "Original", "Original";
    archive: "Durchsuchbares PDF", "Searchable PDF";
    archive_not_read: "Das Dokument ist noch nicht gelesen. Danach gibt es das durchsuchbare PDF.",
        "The document has not been read yet. The searchable PDF comes after that.";
    archive_of_text: "Texte und Mails lassen sich so durchsuchen, wie sie sind: Das Original genügt.",
        "Texts and mails can be searched as they are: the original will do.";
    archive_outdated: "Das Dokument wurde gerade neu gelesen. Bitte noch einmal versuchen.",
        "The document has just been read anew. Please try again.";
    archive_busy: "Gerade entstehen schon mehrere durchsuchbare PDFs. Bitte in einer Minute noch einmal versuchen.",
        "Several searchable PDFs are being made just now. Please try again in a minute.";
    archive_failed: "Das durchsuchbare PDF ließ sich nicht herstellen. Das Original ist sicher aufbewahrt.",
        "The searchable PDF could not be made. The original is kept safely.";
    move_to_trash: "In den Papierkorb", "Move to trash";
    restore: "Wiederherstellen", "Restore";
    in_trash: "Im Papierkorb", "In the trash";
    history: "Verlauf", "History";
    view_document: "Zum Dokument", "View the document";
    show_on_page: "Auf der Seite zeigen", "Show on the page";
    said_by_you: "von Ihnen", "by you";
    read_from_data: "aus Daten", "from data";
    told_by_model: "vom Sprachmodell", "from a language model";
    unsure: "unsicher", "unsure";
    none_of_it: "Gibt es nicht", "There is none";
    add_finding: "Angabe ergänzen", "Add a claim";
    which_claim: "Was", "What";
    value: "Wert", "Value";
    value_hint: "Datum als 2026-03-18, Betrag als 84,20 EUR", "A day as 2026-03-18, an amount as 84.20 EUR";
    no_findings: "Noch nichts gefunden.", "Nothing found yet.";
    reading_now: "Wird gerade gelesen. Diese Seite aktualisiert sich von selbst.",
        "It is being read. This page updates by itself.";
    stuck_title: "Hier geht es nicht weiter", "This one is stuck";
    try_again: "Noch einmal versuchen", "Try again";
    original_is_kept: "Das Original ist sicher aufbewahrt und lässt sich herunterladen.",
        "The original is kept safely and can be downloaded.";
    file: "Datei", "File";
    size: "Größe", "Size";
    came_by: "Gekommen", "Came by";
    visible_to: "Sichtbar für", "Visible to";
    whole_household: "den ganzen Haushalt", "the whole household";
    some_persons: "einzelne Personen", "some persons";
    part_of: "Teil von", "Part of";
    documents_inside: "Darin liegen", "Inside are";
    asn: "Archivnummer", "Archive number";
    same_asn: "Dieselbe Archivnummer hat auch:", "The same archive number is also on:";
    move_all_to_trash: "Alles in den Papierkorb", "Move all to trash";
    in_the_file: "in der Datei des Stapels", "in the file of the stack";
    alternatives: "Auch möglich", "Also possible";
    why_this_day: "Warum dieser Tag", "Why this day";

    // -- tasks
    new_task: "Neue Aufgabe", "New task";
    title: "Titel", "Title";
    title_hint: "Was ist zu tun?", "What is to be done?";
    due_day: "Fällig am", "Due on";
    due_hour: "Uhrzeit", "Time";
    remind_at: "Zusätzlich erinnern", "Also remind";
    notes: "Notizen", "Notes";
    assignees: "Für wen", "For whom";
    amount: "Betrag", "Amount";
    more_of_it: "Schritte, Beginn, Projekt …", "Steps, start, project …";
    say_task: "Neue Aufgabe in einem Satz", "New task in one line";
    say_task_hint: "Müll rausbringen jeden Dienstag 19 Uhr", "Pay the waterworks 84.20 by Friday";
    understand: "Verstehen", "Understand";
    repeats: "Wiederholung", "Repeats";
    repeats_never: "nie", "never";
    only_this: "Nur dieses Mal ändern, nicht die folgenden", "Change this one alone, not those to come";
    repeats_daily: "täglich", "daily";
    repeats_weekly: "wöchentlich", "weekly";
    repeats_fortnightly: "alle zwei Wochen", "every two weeks";
    repeats_monthly: "monatlich", "monthly";
    repeats_last_day: "am letzten Tag des Monats", "on the last day of the month";
    repeats_quarterly: "vierteljährlich", "every three months";
    repeats_yearly: "jährlich", "yearly";
    priority: "Dringlichkeit", "Priority";
    priority_computed: "Von selbst", "Computed";
    priority_low: "Gering", "Low";
    priority_medium: "Mittel", "Medium";
    priority_high: "Hoch", "High";
    priority_critical: "Kritisch", "Critical";
    steps: "Schritte", "Steps";
    steps_hint: "Einer je Zeile", "One in a line";
    start_day: "Beginnt am", "Begins on";
    labels: "Stichwörter", "Labels";
    labels_hint: "Steuer, Auto", "Tax, car";
    project: "Projekt", "Project";
    contact: "Ansprechpartner", "Contact";
    contact_hint: "Name, Nummer, Adresse", "Name, number, address";
    waits_for: "Erst muss erledigt sein", "Must be done before";
    waits: "wartet", "waiting";
    choose: "Auswählen", "Choose";
    chosen_tasks: "Ausgewählte", "Chosen";
    nothing_chosen: "Es war keine Aufgabe ausgewählt.", "No task was chosen.";
    attachments: "Unterlagen", "Papers";
    attach: "Datei hinzufügen", "Add a file";
    comment: "Kommentar", "Comment";
    thank_you: "Danke.", "Thank you.";
    answer_link_hint: "Dieser Knopf beantwortet genau diese Aufgabe, einmal.",
        "This button answers exactly this task, once.";
    link_spent: "Er wurde schon benutzt.", "It has been used.";
    link_old: "Er ist zu alt, oder die Aufgabe gibt es nicht mehr.",
        "It is too old, or the task is gone.";
    link_foreign: "Er gehört nicht zu diesem Haus.", "It does not belong to this house.";
    link_log_in: "Nach der Anmeldung lässt sich jede Aufgabe beantworten.",
        "After logging in every task can be answered.";
    say_it: "Schreiben", "Post";
    make_task: "Aufgabe dazu anlegen", "Make a task of it";
    tick: "Abhaken", "Tick";
    untick: "Haken entfernen", "Take the tick back";
    open: "Offen", "Open";
    all: "Alle", "All";
    no_tasks: "Keine Aufgaben.", "No tasks.";
    no_tasks_hint: "Aufgaben entstehen aus Dokumenten, oder Sie legen selbst eine an.",
        "Tasks come from documents, or you make one yourself.";
    reopen: "Wieder öffnen", "Open again";
    delete_task: "Aufgabe löschen", "Delete task";
    nothing_to_do: "Nichts zu tun", "Nothing to do";
    nothing_to_do_hint: "Auch Briefe dieses Absenders, die so aussehen, machen dann keine solche Aufgabe mehr.",
        "Letters of this sender that look like it will not make such a task any more either.";
    reminders: "Erinnerungen", "Reminders";
    no_reminders: "Keine Erinnerung geplant.", "No reminder is planned.";
    acknowledge: "Ich bin dran", "I am on it";
    acknowledge_hint: "Dann wird niemand sonst dazugeholt; die Erinnerungen bleiben.",
        "Then nobody else is drawn in; the reminders stay.";
    acknowledged: "Jemand ist dran, gesagt", "Somebody is on it, said";
    mute: "Stumm schalten", "Mute";
    mute_until: "Stumm bis zum Morgen des", "Mute until the morning of";
    muted_until: "Stumm bis", "Muted until";
    unmute: "Wieder erinnern", "Remind again";
    planned: "geplant", "planned";
    said: "gesagt", "said";
    lapsed: "entfallen", "lapsed";
    from_document: "Aus dem Dokument", "From the document";
    change_task: "Aufgabe ändern", "Change the task";
    edited_stays: "Was Sie ändern, bleibt: Neues Lesen überschreibt es nicht.",
        "What you change stays: reading again does not overwrite it.";
    somebody_changed_it: "Jemand hat das inzwischen geändert. Hier ist der neue Stand.",
        "Somebody has changed this in the meantime. This is how it is now.";

    // -- one's own page
    my_page: "Erinnerungen und Kalender", "Reminders and calendar";
    how_told: "Wie Sie erinnert werden", "How you are reminded";
    how_told_hint: "Üblich: jede Erinnerung. Laut: wenn es drängt und niemand geantwortet hat.",
        "Usual: every reminder. Loud: when it presses and nobody has answered.";
    no_ways: "Auf diesem Haus ist noch kein Weg zu Personen eingerichtet (Mail, ntfy, Gotify, Apprise in workmate.toml).",
        "No way to people is set up in this house yet (mail, ntfy, Gotify, Apprise in workmate.toml).";
    way_usual: "Üblich", "Usual";
    way_loud: "Laut", "Loud";
    when_told: "Wann Sie Ruhe haben", "When you are left in peace";
    quiet_from: "Ruhe ab", "Quiet from";
    quiet_until: "Ruhe bis", "Quiet until";
    quiet_broken_by: "Gestört nur ab", "Broken only from";
    quiet_never_broken: "nie", "never";
    digest_at: "Sammelnachricht um", "Digest at";
    digest_hint: "Was nicht drängt, kommt zu dieser Stunde in einer Nachricht. Leer: jede für sich.",
        "What does not press comes in one message at this hour. Empty: each on its own.";
    away: "Abwesend", "Away";
    away_from: "Vom", "From";
    away_until: "Bis einschließlich", "Up to and including";
    deputy: "Vertretung", "Deputy";
    deputy_anybody: "wer da ist", "whoever is there";
    try_way: "Ausprobieren", "Try it";
    calendar: "Kalender", "Calendar";
    calendar_hint: "Ihre Fristen als Kalender, den andere Programme abonnieren. Wer die Adresse kennt, kann sie lesen.",
        "Your due days as a calendar that other programs subscribe to. Whoever knows the address can read them.";
    calendar_address: "Adresse", "Address";
    calendar_once: "Sie wird nur jetzt gezeigt.", "It is shown only now.";
    calendar_open: "Es gibt eine Adresse", "There is an address";
    calendar_new: "Neue Adresse", "New address";
    calendar_close: "Adresse schließen", "Close the address";

    // -- system
    channels: "Wege zu Ihnen", "Ways to you";
    channel: "Weg", "Way";
    last_delivered: "Zuletzt angekommen", "Last arrived";
    last_failed: "Zuletzt misslungen", "Last failed";
    failing_since: "gestört seit", "failing since";
    next_try: "Nächster Versuch", "Next try";
    calendar_server: "Kalenderserver", "Calendar server";
    last_backup: "Letzte Sicherung", "Last backup";
    no_backup: "noch keine", "none yet";
    entries_waiting: "Einträge ausstehend", "entries to write";
    entries_refused: "Einträge abgelehnt", "entries refused";
    promises: "Was sich der Haushalt vornimmt", "What the household promises itself";
    promises_hint: "Gezählt wird, was noch aussteht. Festgelegt in workmate.toml.",
        "What is still pending is counted. Set in workmate.toml.";
    promise: "Vorsatz", "Promise";
    on_track: "im Plan", "on track";
    at_risk: "knapp", "at risk";
    breached: "verfehlt", "breached";
    quiet_mode: "Ruhe im Haus", "Quiet mode";
    quiet_mode_hint: "Solange Ruhe ist, wird niemand persönlich erinnert. Sie endet von selbst nach 24 Stunden; was dann noch offen ist, kommt in einer Nachricht.",
        "While it is quiet nobody is told anything in person. It ends by itself after 24 hours; what is still open then comes in one message.";
    quiet_begin: "Ruhe einschalten", "Switch it on";
    quiet_end: "Ruhe beenden", "End it";
    quiet_now: "Bis dahin wird niemand persönlich erinnert.", "Nobody is told anything in person until then.";
    update: "Aktualisierung", "Update";
    update_hint: "Die Datei endet auf .raucb. Ihre Unterschrift wird geprüft, dann startet das Gerät neu; läuft die neue Fassung dort nicht gut, kommt die alte von selbst zurück.",
        "The file ends in .raucb. Its signature is checked, then the box starts anew; where the new version does not do well, the old one comes back by itself.";
    update_file: "Datei mit der Aktualisierung", "File with the update";
    update_install: "Aktualisieren", "Install";
    update_installing: "Eine Aktualisierung wird eingespielt. Das Gerät startet danach von selbst neu.",
        "An update is being installed. The box starts anew after that.";
    update_installed: "Eingespielt. Das Gerät startet neu.", "Installed. The box starts anew.";
    update_refused: "Die Aktualisierung wurde abgelehnt:", "The update was refused:";
    workers: "Wer gerade arbeitet", "Who is at work";
    worker: "Arbeit", "Worker";
    last_turn: "Letzte Runde", "Last turn";
    outcome: "Ergebnis", "Outcome";
    no_turns: "Noch keine Runde.", "No turn yet.";
    fine: "in Ordnung", "fine";
    failing: "gestört", "failing";
    senders: "Absender", "Senders";
    senders_hint: "Wer dem Haushalt schreibt, und was das Haus von ihnen gelernt hat: ihre Konten und das, was Sie berichtigt haben.",
        "Who writes to the household, and what the house has learned of them: their accounts and what you have corrected.";
    no_senders: "Noch niemand.", "Nobody yet.";
    since: "seit", "since";
    confirmed: "bestätigt", "confirmed";
    forget: "Vergessen", "Forget";
    forget_hint: "Gelerntes wird vergessen; die Dokumente bleiben, wie sie sind.",
        "What was learned is forgotten; the documents stay as they are.";
    told_by: "Auch erkannt an", "Also told by";
    shown_in_letters: "Wo etwas steht", "Where things stand";
    unknown_senders: "Schreiben von Unbekannten", "Letters of unknown senders";
    unknown_senders_hint: "Gilt für Schreiben ohne sicheren Absender, die ebenso aussehen.",
        "Holds for letters without a sure sender that look the same.";
    it_is_right: "Stimmt so", "It is right";
    stuck_documents: "Festgefahrene Dokumente", "Stuck documents";
    nothing_stuck: "Nichts steckt fest.", "Nothing is stuck.";
    about: "Dieses Haus", "This house";
    version: "Version", "Version";
    engine: "Texterkennung", "Reading engine";
    broker: "MQTT-Broker", "MQTT broker";
    home_is_deaf: "verbunden, doch Antworten von Telefonen kommen nicht an: das Token muss von einem Administrator sein", "connected, but answers from telephones do not arrive: the token must be an administrator's";
    home_refuses: "kennt das Token nicht: ein neues macht Ihr Profil dort unter Sicherheit", "does not know the token: make a new one in your profile there, under Security";
    language_model: "Sprachmodell", "Language model";
    connected: "verbunden", "connected";
    not_connected: "nicht verbunden", "not connected";
    not_configured: "nicht eingerichtet", "not configured";
    clock: "Uhr", "Clock";
    clock_not_set: "Die Uhr ist nicht gestellt. Bis dahin wird niemand erinnert.",
        "The clock is not set. Nobody is reminded until it is.";
    started: "Gestartet", "Started";
    journal: "Journal", "Journal";
    journal_hint: "Jede Änderung, verkettet und unveränderlich.", "Every change, chained and unalterable.";
    when: "Wann", "When";
    who: "Wer", "Who";
    change: "Änderung", "Change";
    waiting_documents: "In Arbeit", "In work";
    waiting_deliveries: "Nicht zugestellt", "Not delivered";

    // -- Home Assistant
    ha_lead: "Schritt für Schritt: was schon steht, was fehlt und was wohin kopiert wird.",
        "Step by step: what is done, what is missing, and what to copy where.";
    ha_broker_hint: "workmate und Home Assistant treffen sich an einem MQTT-Broker, zum Beispiel dem Mosquitto-Add-on. Nach einer Änderung startet workmate neu.",
        "workmate and Home Assistant meet at an MQTT broker, such as the Mosquitto add-on. Restart workmate after a change.";
    ha_integration: "MQTT-Integration in Home Assistant", "MQTT integration in Home Assistant";
    ha_integration_hint: "In Home Assistant: Einstellungen, Geräte & Dienste, Integration hinzufügen, MQTT; derselbe Broker. Es meldet sich dort, sobald es neu startet.",
        "In Home Assistant: Settings, Devices & services, Add integration, MQTT; the same broker. It is heard there as soon as it starts anew.";
    ha_seen: "gehört:", "heard:";
    ha_not_seen: "noch nicht gehört", "not heard yet";
    ha_device: "Das Gerät workmate", "The device workmate";
    ha_device_hint: "Home Assistant zeigt es von selbst unter Geräte & Dienste, MQTT.",
        "Home Assistant shows it by itself under Devices & services, MQTT.";
    ha_discovery_off: "abgeschaltet", "switched off";
    ha_described: "beschrieben", "described";
    ha_not_described: "noch nicht beschrieben", "not described yet";
    ha_switches: "Was Home Assistant darf und erfährt", "What Home Assistant may do and is told";
    ha_switches_hint: "Erinnerungen beantworten darf es immer. Alles andere wird einzeln eingeschaltet; was hier steht, ist noch aus.",
        "It may always answer reminders. Everything else is switched on one by one; what stands here is still off.";
    ha_answers_alone: "nur antworten", "answer only";
    ha_tasks: "Aufgaben anlegen", "make tasks";
    ha_documents: "kleine Dokumente abgeben", "hand in small documents";
    ha_lists: "Listen abfragen", "ask for lists";
    ha_control: "Ruhe schalten, Eingang lesen", "switch quiet mode, read the inbox";
    ha_page: "letztes Dokument als Bild", "the latest document as a picture";
    ha_detail: "Titel, Beträge, Absender", "titles, amounts, senders";
    ha_dashboard: "Ein Dashboard", "A dashboard";
    ha_dashboard_hint: "Diese Zeilen in die Konfiguration, die Datei dashboard.yaml von unten in den Ordner workmate daneben, dann Home Assistant neu starten.",
        "These lines into the configuration, the file dashboard.yaml from below into the folder workmate beside it, then restart Home Assistant.";
    ha_files: "Dateien zum Kopieren", "Files to copy";
    ha_files_hint: "Ein Dashboard, Automationen für den Morgen, die rote Lampe und den Weg aus dem Haus, und Blaupausen für Erinnerungen mit Knöpfen und für einen Scan-Ordner. Alle Pfade sind ab dem Konfigurationsordner von Home Assistant.",
        "A dashboard, automations for the morning, the red light and the way out, and blueprints for reminders with buttons and for a scan folder. All paths begin at Home Assistant's configuration folder.";

    // -- login
    log_in: "Anmelden", "Log in";
    name: "Name", "Name";
    password: "Passwort", "Password";
    login_lead: "Post, gelesen und im Blick behalten.", "Paperwork, read and kept in view.";
    login_failed: "Name oder Passwort stimmen nicht.", "The name or the password is wrong.";
    login_too_often: "Zu viele Versuche. Bitte warten Sie eine Minute.",
        "Too many attempts. Please wait a minute.";
    first_login: "Das Haus einrichten", "Set up the house";
    first_login_hint: "Sie sind die erste Person. Wählen Sie einen Namen und ein Passwort.",
        "You are the first person. Choose a name and a password.";
    first_login_button: "Einrichten und anmelden", "Set up and log in";
    password_rule: "Mindestens 10 Zeichen.", "At least 10 characters.";
    password_too_short: "Das Passwort braucht mindestens 10 Zeichen.",
        "The password needs at least 10 characters.";
    name_missing: "Bitte geben Sie einen Namen ein (höchstens 60 Zeichen).",
        "Please give a name (at most 60 characters).";
    link_dead: "Dieser Link gilt nicht mehr.", "This link is no longer valid.";
    link_dead_hint: "Wenn noch niemand eingerichtet ist, zeigt `workmate person link` einen neuen.",
        "If nobody has been set up yet, `workmate person link` shows a new one.";

    guest: "Noch nicht bekannt", "Not known yet";
    guest_hint: "Dieses Konto von Home Assistant gehört noch zu niemandem hier. Wer hier wohnt, kann es auf der Befehlszeile einer Person geben; oder es heißt in Home Assistant wie eine Person hier. Die erste Person kommt mit dem Link aus dem Protokoll herein.",
        "This account of Home Assistant belongs to nobody here yet. Somebody who lives here can give it to a person on the command line; or it is called in Home Assistant like a person here. The first person comes in with the link in the log.";

    // -- failures
    failure_title: "Das hat nicht geklappt", "That did not work";
    not_found: "Das gibt es hier nicht.", "There is no such thing here.";
    not_found_hint: "Vielleicht wurde es gelöscht, oder es ist nicht für Sie sichtbar.",
        "It may have been deleted, or it is not visible to you.";
    wrong_method: "So lässt sich das nicht aufrufen.", "It cannot be called in this way.";
    bad_request: "Diese Angaben passen nicht.", "These details do not fit.";
    forbidden: "Das kam nicht von dieser Seite.", "This did not come from this page.";
    forbidden_hint: "Laden Sie die Seite neu und versuchen Sie es noch einmal.",
        "Reload the page and try again.";
    conflict: "Jemand war schneller.", "Somebody was faster.";
    conflict_hint: "Laden Sie die Seite neu, dann sehen Sie den neuen Stand.",
        "Reload the page to see how it is now.";
    too_large: "Diese Datei ist zu groß.", "This file is too large.";
    wrong_type: "Diese Art von Datei wird nicht gelesen.", "This type of file is not read.";
    disk_full: "Der Speicher ist voll. Es wurde nichts angenommen.",
        "The disk is full. Nothing was accepted.";
    disk_full_hint: "Schaffen Sie Platz und versuchen Sie es noch einmal.", "Free some space and try again.";
    broken: "Das Haus hat gerade ein Problem.", "The house has a problem just now.";
    broken_hint: "Es steht im Protokoll. Versuchen Sie es gleich noch einmal.",
        "It stands in the log. Try again in a moment.";
    to_today: "Zur Übersicht", "To today";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_says_which_one_it_is() {
        for language in Language::ALL {
            assert_eq!(Texts::of(*language).language_code, language.as_str());
        }
    }
}
