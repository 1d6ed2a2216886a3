"""The words of the pages about alerts: one alert, silences, precision, networks."""

CODES = {
    "said-outdated": ("Verouderd", "Out of date"),
    "sending-pending": ("wacht", "waiting"),
    "sending-sent": ("verzonden", "sent"),
    "sending-failed": ("niet gelukt", "failed"),
    "sending-superseded": ("niet verzonden: ingehaald", "not sent: overtaken"),
    "message-waiting": ("wacht op een collega", "waits for a colleague"),
    "message-sent": ("verzonden", "sent"),
    "message-refused": ("geweigerd", "refused"),
    "did-alert": ("melding bekeken", "looked at an alert"),
    "did-silence": ("stilte ingesteld", "set a silence"),
    "did-silence_end": ("stilte beëindigd", "ended a silence"),
    "did-list_demoted": ("lijst gedegradeerd", "demoted a list"),
    "did-list_restored": ("lijst hersteld", "took a list up again"),
    "did-network_write": ("bericht aan buurtnet geschreven", "wrote to a network"),
    "did-network_send": ("bericht aan buurtnet verzonden", "sent to a network"),
    "did-network_refuse": ("bericht aan buurtnet geweigerd", "refused a message to a network"),
    "did-patrol_export": ("lijsten voor patrouille meegegeven", "exported lists for a patrol"),
}

ENGLISH = {
    "Aandeel juist (95 %)": "Share right (95 %)",
    "Alle meldingen gaan naar hun kanalen.": "All alerts go to their channels.",
    "Andere plaat": "Another plate",
    "Beëindigen": "End",
    "Bericht": "Message",
    "Buurtnet": "Network",
    "Buurtnetten": "Networks",
    "De treffers gaan enkel nog naar de dispatching.": "Its hits go to dispatch only.",
    "Deze regel van de lijst stil maken": "Silence this entry of the list",
    "Een bericht vertrekt pas als een collega het verzendt. Het noemt geen nummerplaat: beschrijf"
    " het voertuig.": "A message goes out when a colleague sends it. It names no number plate:"
    " describe the vehicle.",
    "Een stilte heeft een reden en een einde binnen zeven dagen.": (
        "A silence has a reason, and an end within seven days."
    ),
    "Er staat iets in dat op een nummerplaat lijkt, of de tekst is leeg of te lang. Er is niets"
    " verzonden.": "It holds what reads like a number plate, or the text is empty or too long."
    " Nothing was sent.",
    "Geen berichten": "No messages",
    "Gebied": "Area",
    "Heel de zone": "The whole zone",
    "Herstellen": "Take up again",
    "Het sitebestand noemt geen buurtnetten ([networks.NAAM]).": (
        "The site file names no networks ([networks.NAME])."
    ),
    "Het voertuig is het, maar het moet van de lijst": (
        "It is the vehicle, but it must go off the list"
    ),
    "Hoe lang": "How long",
    "Hoe vaak treffers klopten, laatste 30 dagen": "How often hits were right, last 30 days",
    "Iets stil maken": "Silence something",
    "Juist": "Right",
    "Kanaal": "Channel",
    "Melding": "Alert",
    "Nergens heen: de melding staat op de console.": "Nowhere: the alert is on the console.",
    "Niets is stil": "Nothing is silent",
    "Nieuw bericht": "New message",
    "Nog niets beoordeeld": "Nothing judged yet",
    "Pogingen": "Attempts",
    "Stil maken": "Silence",
    "Stiltes": "Silences",
    "Tekst": "Text",
    "Verouderd": "Out of date",
    "Verzenden": "Send",
    "Verzonden": "Sent",
    "Waarom is de lijst weer te vertrouwen?": "Why is the list to be trusted again?",
    "Wat": "What",
    "Wat stil is, staat wel op de console maar wordt nergens heen gestuurd. Elke stilte eindigt"
    " vanzelf en staat in het logboek.": "What is silent stands on the console but is sent"
    " nowhere. Every silence ends by itself and is in the audit.",
    "Wat u schrijft, wacht hier op een collega.": "What you write waits here for a colleague.",
    "Wie een melding bevestigt of verwerpt, telt hier mee.": (
        "Whoever confirms or rejects an alert counts here."
    ),
    "alle": "all",
    "alleen regel": "only entry",
    "herroepen": "recalled",
    "laatst bijgewerkt": "last updated",
    "melding": "alert",
    "op": "of",
    "tot prioriteit": "up to priority",
    "uur": "hours",
    "verbinding verbroken: nieuwe treffers komen niet aan": (
        "connection lost: new hits do not arrive"
    ),
    "van de beoordeelde treffers klopten er maar": "of the hits that were judged, right were only",
}
