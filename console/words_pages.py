"""The words of the pages on which people work: alerts, review, lists, people, the line's state."""

CODES = {
    # what people say of an alert
    "said-acknowledged": ("Opgenomen", "Taken up"),
    "said-confirmed": ("Bevestigd", "Confirmed"),
    "said-rejected": ("Verworpen", "Rejected"),
    "said-differs": ("Andere tekens gezien", "Other characters seen"),
    # what a review comes to
    "found-agreed": ("akkoord", "agreed"),
    "found-differs": ("andere plaat", "another plate"),
    "found-unreadable": ("onleesbaar", "unreadable"),
    "found-dismissed": ("geen zaak", "no case"),
    # what a list's new version does
    "bijgevoegd": ("bijgevoegd", "added"),
    "gewijzigd": ("gewijzigd", "changed"),
    "weggenomen": ("weggenomen", "removed"),
    # why a camera is as it is
    "heard": ("gehoord, alles in orde", "heard, and nothing is wrong"),
    "heartbeats_missed": ("hartslagen gemist:", "heartbeats missed:"),
    "heartbeats_missing": (
        "stuurt wel, maar zonder hartslag: de klok wordt niet bewaakt",
        "it pushes, but without heartbeats: its clock is not watched",
    ),
    "silent": ("niets gehoord in", "nothing heard for"),
    "clock_behind": ("klok loopt achter:", "clock is behind:"),
    "clock_ahead": ("klok loopt voor:", "clock is ahead:"),
    "complains": (
        "meldt een fout zonder te zeggen welke",
        "says that something is wrong, and not what",
    ),
    # what a zone does at its gates
    "zone-open": ("opent voor vergunningen", "opens for permits"),
    "zone-flag": ("meldt wie er geen heeft", "reports who has none"),
    # roles
    "role-operator": ("operator", "operator"),
    "role-dispatcher": ("dispatcher", "dispatcher"),
    "role-patrol": ("patrouille", "patrol"),
    "role-investigator": ("rechercheur", "investigator"),
    "role-traffic_officer": ("verkeersdienst", "traffic officer"),
    "role-statistics": ("mobiliteit (cijfers)", "statistics"),
    "role-dpo": ("functionaris gegevensbescherming", "data protection officer"),
    "role-admin": ("beheerder", "administrator"),
    "problem-StoreError": (
        "Geef een naam die nog vrij is, en minstens één rol.",
        "Give a name that is not taken yet, and at least one role.",
    ),
    "problem-AccessDeniedError": (
        "Niemand wijzigt de eigen toegang. Vraag het een andere beheerder.",
        "Nobody changes their own access. Ask another administrator.",
    ),
    # which look-ups must be explained
    "sign-own": ("eigen plaat", "own plate"),
    "sign-colleague": ("plaat van een collega", "a colleague's plate"),
    "sign-repeated": ("telkens dezelfde plaat", "the same plate again and again"),
    "sign-odd_hours": ("buiten de diensturen", "outside service hours"),
    # what people did
    "did-logout": ("afgemeld", "signed out"),
    "did-feedback": ("melding beantwoord", "answered an alert"),
    "did-correction": ("plaat verbeterd", "corrected a plate"),
    "did-review": ("dossier nagekeken", "reviewed a case"),
    "did-review_queue": ("na te kijken dossiers", "cases to review"),
    "did-list_propose": ("lijst voorgelegd", "proposed a list"),
    "did-list_refuse": ("voorstel geweigerd", "refused a proposal"),
    "did-list_past": ("lijst op het verleden", "ran a list against the past"),
    "did-list_show": ("lijst bekeken", "looked at a list"),
    "did-account_add": ("account bijgevoegd", "added an account"),
    "did-account_roles": ("rollen gewijzigd", "changed roles"),
    "did-account_password": ("nieuw wachtwoord gegeven", "gave a new password"),
    "did-account_disable": ("account uitgesloten", "shut out an account"),
    "did-own_password": ("eigen wachtwoord gewijzigd", "changed their own password"),
    "did-own_phone": ("telefoon als tweede sleutel", "took a phone as second factor"),
    "did-retention": ("gewist op termijn", "erased on their day"),
    "did-audit_cut": ("oudste regels gewist", "oldest records erased"),
    "did-event_history": ("geschiedenis van een dossier", "history of a case"),
    "did-overtaking": ("inhaalverbod", "overtaking"),
    "did-audit_report": ("zelfcontrole opgemaakt", "made the self-audit"),
    "did-audit_plates": ("eigen platen van iemand opgegeven", "named somebody's own plates"),
    "did-review_open": ("dossier ter nazicht geopend", "opened a case to review it"),
    "did-audit_who": ("gevraagd wie een plaat opzocht", "asked who looked up a plate"),
    "did-dead_letter_show": ("geweigerd bericht bekeken", "looked at a refused message"),
}

ENGLISH = {
    "Aangemeld": "Signed in",
    "Aanmelden bij de dienst is niet gelukt, of ze geeft u hier geen rol.": (
        "Signing in at the service did not work, or it gives you no role here."
    ),
    "Aanmelden met": "Sign in with",
    "Aanvaarden en invoeren": "Accept and import",
    "Al nagekeken": "Reviewed already",
    "Alleen plate_pattern is verplicht.": "Only plate_pattern is required.",
    "Alles is nagekeken": "Everything is reviewed",
    "Beginnen": "Start",
    "Bekijk wat er verandert": "See what changes",
    "Bekijken": "Look",
    "Bevestigen": "Confirm",
    "Bewaren": "Keep",
    "Bijvoegen": "Add",
    "Code van uw telefoon": "Code from your phone",
    "De camera las": "The camera read",
    "De hele lijst, een regel per plaat": "The whole list, a line for each plate",
    "De laatste tekens kloppen.": "The last characters are right.",
    "De lijst is intussen gewijzigd. Bekijk het verschil opnieuw.": (
        "The list has changed meanwhile. Look at the difference again."
    ),
    "De lijst is te lang om hier te wijzigen: breng ze als bestand.": (
        "The list is too long to be edited here: bring it as a file."
    ),
    "De lijst klopt nog niet. Er is niets gewijzigd.": (
        "The list is not right yet. Nothing was changed."
    ),
    "De plaat van het dossier blijft verborgen tot u de uwe getypt hebt. Stemmen ze overeen, dan"
    " kan het dossier verder.": "The plate of the case stays hidden until you have typed yours. If"
    " they agree, the case may go on.",
    "De plaat verbeteren": "Correct the plate",
    "De site noemt geen diensturen: opzoekingen op vreemde uren blijven buiten beeld.": (
        "The site names no hours of service: look-ups at odd hours are not told."
    ),
    "De site wordt in haar bestand gewijzigd; anpr check kijkt ze na.": (
        "The site is changed in its file; anpr check looks it over."
    ),
    "De telefoon geeft zijn plaats niet.": "The phone does not tell where it is.",
    "Dichtst bij mij": "Nearest to me",
    "Die code klopt niet (meer).": "That code is not right (any more).",
    "Dit is een ander voertuig, of u las het verkeerd: niet staande houden.": (
        "This is another vehicle, or you misread it: do not stop it."
    ),
    "Dit is het niet": "This is not it",
    "Dit is het voertuig": "This is the vehicle",
    "Dit ziet u maar één keer.": "You see this once only.",
    "Donker, 24 uur": "Dark, 24 hours",
    "Doorgaand tot": "Through up to",
    "Een plaat zonder valid_to vervalt na dit aantal dagen:": (
        "A plate without valid_to lapses after so many days:"
    ),
    "Een treffer is geen bewijs. Lees de plaat op het voertuig, niet op het scherm.": (
        "A hit is no proof. Read the plate on the vehicle, not on the screen."
    ),
    "Een tweede persoon moet dit aanvaarden.": "A second person must accept this.",
    "Eigen platen": "Own plates",
    "Gebruiken": "Use it",
    "Geen overtreding": "No offence",
    "Geen treffers": "No hits",
    "Geen vrachtwagen": "No truck",
    "Geheim als beeld": "The secret as an image",
    "Geijkt tot": "Verified until",
    "Gelezen": "Read",
    "Geluid": "Sound",
    "Getekend, niet op schaal: noord is boven. Met een tegelserver in het sitebestand ([map] tiles)"
    " ligt hier een kaart.": "Drawn, not to scale: north is up. With a tile server in the site file"
    " ([map] tiles) a map lies here.",
    "Gezocht": "Wanted",
    "Huidig wachtwoord": "Present password",
    "Iemand bijvoegen": "Add somebody",
    "Ik neem dit op": "I take this up",
    "Intrekken": "Take back",
    "Invoeren": "Import",
    "Invoeren bevestigt de lijst: ze geldt dan weer als vers.": (
        "Importing confirms the list: it counts as fresh again."
    ),
    "Kaart": "Map",
    "Keren": "Times",
    "Laatste drie tekens op het voertuig": "Last three characters on the vehicle",
    "Laatste uur": "Last hour",
    "Lees dit beeld in met een app voor codes, en typ de code die ze toont.": (
        "Scan this image with an authenticator app, and type the code that it shows."
    ),
    "Lengte": "Length",
    "Meer wijzigingen dan dit vragen een tweede persoon:": (
        "More changes than this ask for a second person:"
    ),
    "Mensen": "People",
    "Mensen en rollen": "People and roles",
    "Minstens zoveel tekens:": "At least so many characters:",
    "Naam, wachtwoord of code klopt niet.": "The name, the password or the code is wrong.",
    "Naar de inhoud": "To the content",
    "Nazicht": "Review",
    "Niemand geeft de eigen platen op. Vraag het een ander die toeziet.": (
        "Nobody names their own plates. Ask another who watches over the look-ups."
    ),
    "Niemand wijzigt de eigen rollen.": "Nobody changes their own roles.",
    "Niets dat uitleg vraagt": "Nothing that must be explained",
    "Niets verandert": "Nothing changes",
    "Nieuw wachtwoord": "New password",
    "Nieuwe lijst": "New list",
    "Of een bestand (CSV)": "Or a file (CSV)",
    "Of typ dit geheim over:": "Or type this secret:",
    "Onleesbaar": "Unreadable",
    "Opmaken": "Make",
    "Opmerking": "Note",
    "Opnemen": "Take up",
    "Opnieuw": "Again",
    "Opzoekingen die uitleg vragen. Ze bewijzen niets, en tonen geen plaat: de regels van "
    "het logboek doen dat.": (
        "Look-ups that must be explained. They prove nothing, and show no plate: the records "
        "of the audit do."
    ),
    "Patrouille": "Patrol",
    "Plaat van": "Plate of",
    "Platen, met komma's ertussen": "Plates, with commas between",
    "Regels": "Records",
    "Rollen": "Roles",
    "Rollen bewaren": "Save the roles",
    "Rollen van": "Roles of",
    "Sluizen": "Truck locks",
    "Tekening van de zone": "Drawing of the zone",
    "Telefoon als tweede sleutel": "A phone as second key",
    "Terug": "Back",
    "Tot en met": "Up to and with",
    "Trajecten": "Sections",
    "Treffers": "Hits",
    "U meldt zich aan met een code van uw telefoon. Telefoon kwijt? Vraag een beheerder om een"
    " nieuw wachtwoord.": "You sign in with a code from your phone. Lost it? Ask an administrator"
    " for a new password.",
    "Uitsluiten": "Shut out",
    "Van de laatste vier uur is er geen open treffer.": (
        "There is no open hit of the last four hours."
    ),
    "Van wie hier werkt, verzegeld en alleen voor deze controle. Wat u invult, vervangt "
    "wat er stond; niets ingevuld wist het.": (
        "Of whoever works here, sealed and for this check alone. What you fill in replaces "
        "what was there; nothing filled in erases it."
    ),
    "Vastleggen": "Record",
    "Verder": "Go on",
    "Vergelijken": "Compare",
    "Vergunningen": "Permits",
    "Vernieuwen": "Refresh",
    "Verwerpen": "Reject",
    "Voertuigen per vijf minuten, de laatste 24 uur": (
        "Vehicles per five minutes, the last 24 hours"
    ),
    "Voorgelegd door": "Proposed by",
    "Voorleggen aan een tweede persoon": "Put before a second person",
    "Wachtwoord van": "Password of",
    "Wachtwoord wijzigen": "Change the password",
    "Wat de beelden tonen": "What the images show",
    "Wat de camera las, blijft bewaard.": "What the camera read is kept.",
    "Wat een mens moet nakijken, verschijnt hier.": "What a person must review appears here.",
    "Wat u laatst deed": "What you did last",
    "Weigeren": "Refuse",
    "Welke plaat ziet u op beide beelden?": "Which plate do you see on both images?",
    "Wie rollen uitdeelt of toeziet, ziet zelf geen passages. Elke wijziging staat in het"
    " logboek.": "Who hands out roles, or watches over them, sees no passages. Every change is in"
    " the audit.",
    "Wijzigen": "Change",
    "Zelfcontrole": "Self-audit",
    "Zonder plaat": "Without plate",
    "Zonder valid_to, dus met de gewone termijn:": "Without valid_to, so with the usual term:",
    "Zones": "Zones",
    "Zoveel wijzigingen beslist niemand alleen:": "Nobody decides so many changes alone:",
    "aan": "on",
    "alleen als u er een hebt": "only if you have one",
    "camera's werken": "cameras work",
    "dat bent u": "that is you",
    "dekking, laatste 24 uur": "coverage, last 24 hours",
    "het dossier noemt een andere, die verborgen blijft": (
        "the case names another, which stays hidden"
    ),
    "hoogstens": "at most",
    "km van hier": "km from here",
    "las op de beelden": "read on the images",
    "met telefoon": "with phone",
    "nakijken": "review",
    "niet bevestigd, kijk naar het voertuig zelf": "not confirmed, look at the vehicle itself",
    "stil": "off",
    "u las": "you read",
    "van camera tot hier": "from camera to here",
    "van hier tot opgeslagen (95 %)": "from here to stored (95 %)",
    "verlengd": "renewed",
    "vertraging: niets in het laatste kwartier": "lag: nothing in the last quarter of an hour",
    "voertuigen in het laatste uur": "vehicles in the last hour",
    "volgende, vorige melding": "next, previous alert",
    "wachten": "waiting",
    "wat er verandert": "what changes",
    "wijzigen": "change",
    "zonder plaat": "without plate",
}
