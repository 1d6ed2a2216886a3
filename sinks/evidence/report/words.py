"""What reports say, in the three languages that they are written in."""

from collections.abc import Mapping
from types import MappingProxyType

LANGUAGES = ("nl", "fr", "en")

_WORDS: Mapping[str, tuple[str, str, str]] = {
    "title": ("Vermoedelijke overtreding", "Infraction présumée", "Presumed offence"),
    "section_transit": (
        "Trajectcontrole: gemiddelde snelheid over een traject",
        "Contrôle de trajet : vitesse moyenne sur un tronçon",
        "Section control: average speed over a section",
    ),
    "lock_transit": (
        "Vrachtwagensluis: doorgaand vrachtverkeer",
        "Écluse à camions : trafic de transit",
        "Truck lock: through traffic",
    ),
    "access": (
        "Vergunningszone: doorgang zonder vergunning",
        "Zone à permis : passage sans permis",
        "Permit zone: entry without a permit",
    ),
    "no_verdict": (
        "Vaststelling door een toestel, nagekeken door een mens. Geen vaststelling van schuld.",
        "Constatation par un appareil, vérifiée par une personne. N'établit aucune faute.",
        "Recorded by a device and checked by a person. This report establishes no guilt.",
    ),
    "identity": ("Proces-verbaal", "Procès-verbal", "Official report"),
    "pv": ("PV-nummer", "Numéro du PV", "PV number"),
    "officer": ("Stamnummer verbalisant", "Matricule du verbalisant", "Officer's service number"),
    "account": ("Nagekeken door", "Vérifié par", "Checked by"),
    "reviewed_at": ("Nagekeken op", "Vérifié le", "Checked on"),
    "plate_seen": ("Door verbalisant gelezen", "Lu par le verbalisant", "Read by the officer"),
    "registry": ("Merk en kleur in register", "Marque et couleur au registre", "Make and colour"),
    "agrees": ("komt overeen", "correspond", "agrees"),
    "differs": ("verschilt", "diffère", "differs"),
    "not_consulted": ("niet geraadpleegd", "non consulté", "not consulted"),
    "zone": ("Politiezone", "Zone de police", "Police zone"),
    "facts": ("Feiten", "Faits", "Facts"),
    "plate": ("Kenteken", "Plaque", "Plate"),
    "vehicle": ("Voertuig", "Véhicule", "Vehicle"),
    "at": ("Datum en uur", "Date et heure", "Date and time"),
    "road": ("Weg", "Route", "Road"),
    "km_point": ("Kilometerpunt", "Point kilométrique", "Kilometre point"),
    "municipality": ("Gemeente", "Commune", "Municipality"),
    "direction": ("Rijrichting", "Sens de circulation", "Direction of travel"),
    "instrument": ("Gecertificeerd toestel", "Appareil certifié", "Certified instrument"),
    "device": ("Serienummer", "Numéro de série", "Serial number"),
    "approval": ("Modelgoedkeuring", "Approbation de modèle", "Model approval"),
    "verified": ("Geijkt tot en met", "Vérifié jusqu'au", "Verified until"),
    "survey": ("Opmeting", "Levé", "Survey"),
    "no_certificate": (
        "geen certificaat vastgelegd", "aucun certificat enregistré", "no certificate on record",
    ),
    "expired": (
        "NIET GELDIG op de dag van de feiten",
        "NON VALABLE le jour des faits",
        "NOT VALID on the day",
    ),
    "measurement": ("Meting", "Mesure", "Measurement"),
    "entry": ("Begin", "Entrée", "Entry"),
    "exit": ("Einde", "Sortie", "Exit"),
    "gate": ("Toegang", "Accès", "Gate"),
    "also_seen": ("Ook gezien", "Aussi vu", "Also seen"),
    "length": ("Lengte traject", "Longueur du tronçon", "Length of the section"),
    "duration": ("Reistijd", "Durée du trajet", "Travel time"),
    "clocks": ("Afwijking klokken", "Erreur des horloges", "Error of the clocks"),
    "formula": ("Bewijsbare ondergrens", "Borne inférieure prouvable", "Provable lower bound"),
    "measured": ("Gemeten snelheid", "Vitesse mesurée", "Measured speed"),
    "corrected": ("Gecorrigeerde snelheid", "Vitesse corrigée", "Corrected speed"),
    "limit": ("Toegelaten snelheid", "Vitesse autorisée", "Speed limit"),
    "excess": ("Overschrijding", "Dépassement", "Excess"),
    "site": ("vast", "fixe", "fixed"),
    "calendar": ("volgens kalender", "selon calendrier", "by calendar"),
    "sign": ("dynamisch bord", "panneau dynamique", "displayed by a sign"),
    "case_class": ("Procedure", "Procédure", "Procedure"),
    "none": ("geen", "aucune", "none"),
    "gas5": ("GAS 5", "SAC 5", "GAS 5 (local sanction)"),
    "immediate_collection": (
        "onmiddellijke inning", "perception immédiate", "immediate collection",
    ),
    "court": ("rechtbank", "tribunal", "court"),
    "amount": ("Bedrag volgens tabel", "Montant selon barème", "Amount by the table"),
    "within": ("Doorgaand binnen", "Transit en moins de", "Through within"),
    "verdict": ("Beoordeling door systeem", "Évaluation du système", "Judged by the system"),
    "through": ("doorgaand verkeer", "trafic de transit", "through traffic"),
    "review": ("te beoordelen door een mens", "à juger par une personne", "for a person to judge"),
    "deny": ("toegang geweigerd", "accès refusé", "access denied"),
    "flag": ("doorgang gemeld", "passage signalé", "entry reported"),
    "violation": ("boven de limiet", "au-dessus de la limite", "above the limit"),
    "reason": ("Reden", "Motif", "Reason"),
    "above_limit": ("snelheid boven limiet", "vitesse au-dessus de la limite", "above the limit"),
    "below_pursuit": (
        "boven de limiet, onder de vervolgingsdrempel",
        "au-dessus de la limite, sous le seuil de poursuite",
        "above the limit, below what is pursued",
    ),
    "within_time": ("binnen de doorrijtijd", "dans le délai de transit", "within the time"),
    "class_unsure": ("voertuigklasse onzeker", "classe de véhicule incertaine", "class not sure"),
    "no_permit": ("geen vergunning", "aucun permis", "no permit"),
    "receipt_time": ("tijd van ontvangst", "heure de réception", "time of receipt"),
    "clock_off": ("klok wijkt af", "horloge déréglée", "clock off"),
    "ambiguous_exit": ("meerdere uitgangen", "plusieurs sorties", "more than one exit"),
    "contradicting_country": ("land spreekt tegen", "pays contradictoire", "countries differ"),
    "unknown_holiday": ("vakantie onbekend", "congé inconnu", "holiday not known"),
    "look_alike_inside": ("gelijkend kenteken binnen", "plaque semblable vue", "look-alike seen"),
    "permits_unknown": ("vergunningen onbekend", "permis inconnus", "permits not known"),
    "not_admitted": ("niet toegelaten", "non admis", "not admitted"),
    "unregistered": ("niet in register", "absent du registre", "not in the registry"),
    "unknown_class": ("klasse onbekend", "classe inconnue", "class not known"),
    "registry_unavailable": ("register onbereikbaar", "registre indisponible", "no registry"),
    "plate_checked": (
        "een mens las de plaat op de beelden",
        "une personne a lu la plaque sur les images",
        "a person read the plate on the pictures",
    ),
    "vehicle_matches": (
        "merk en type komen overeen met het register",
        "marque et type correspondent au registre",
        "make and type agree with the registry",
    ),
    "adult_or_legal_person": (
        "de overtreder is meerderjarig of een rechtspersoon",
        "le contrevenant est majeur ou une personne morale",
        "the offender is of age or a legal person",
    ),
    "no_other_offence": (
        "er is geen andere overtreding tegelijk",
        "aucune autre infraction en même temps",
        "there is no other offence at the same time",
    ),
    "characters": ("Per teken", "Par caractère", "By character"),
    "legal": ("Wettelijke basis", "Base légale", "Legal basis"),
    "conditions": (
        "Nog vast te stellen door de verbalisant",
        "Reste à établir par le verbalisant",
        "For the officer to establish",
    ),
    "pictures": ("Beelden", "Images", "Pictures"),
    "hidden": (
        "Kopie: alles buiten het voertuig, ruiten en andere kentekens zijn onherkenbaar gemaakt.",
        "Copie : l'extérieur du véhicule, les vitres et les autres plaques sont rendus illisibles.",
        "Copy: all outside the vehicle, its glass and other plates are made unrecognisable.",
    ),
    "missing": ("beeld ontbreekt", "image manquante", "picture missing"),
    "sketch": ("Schets", "Croquis", "Sketch"),
    "north": ("N", "N", "N"),
    "origin": ("Herkomst", "Origine", "Origin"),
    "rule": ("Regel en versie", "Règle et version", "Rule and version"),
    "software": ("Programma", "Programme", "Software"),
    "reads": ("Lezingen", "Lectures", "Reads"),
    "confidence": ("Zekerheid", "Certitude", "Confidence"),
    "clock_log": ("Klok gecontroleerd", "Horloge contrôlée", "Clock checked"),
    "corrections": ("Verbetering van lezing", "Correction de lecture", "Correction of the reading"),
    "case": ("Dossier", "Dossier", "Case"),
    "page": ("blz.", "p.", "page"),
    "not_told": ("niet opgegeven", "non précisé", "not given"),
    "batch": ("Lijst van dossiers", "Liste des dossiers", "List of cases"),
    "judged": ("Beoordeling", "Évaluation", "Verdict"),
    "speed": ("Snelheid", "Vitesse", "Speed"),
    "limit_short": ("Limiet", "Limite", "Limit"),
    "count": ("Aantal dossiers", "Nombre de dossiers", "Number of cases"),
    "car": ("personenwagen", "voiture", "car"),
    "van": ("bestelwagen", "camionnette", "van"),
    "truck": ("vrachtwagen", "camion", "truck"),
    "bus": ("bus", "bus", "bus"),
    "motorcycle": ("motorfiets", "moto", "motorcycle"),
    "trailer": ("aanhangwagen", "remorque", "trailer"),
    "moped": ("bromfiets", "cyclomoteur", "moped"),
    "tractor": ("tractor", "tracteur", "tractor"),
    "other": ("ander voertuig", "autre véhicule", "other vehicle"),
}  # fmt: skip


class Words:
    """The words of one language; what is not among them is shown as it is."""

    def __init__(self, language: str) -> None:
        place = LANGUAGES.index(language)
        self._words = MappingProxyType({name: told[place] for name, told in _WORDS.items()})
        self.language = language
        self.decimal = "." if language == "en" else ","

    def __contains__(self, name: str) -> bool:
        return name in self._words

    def __call__(self, name: str) -> str:
        """Say it."""
        return self._words.get(name, name.replace("_", " "))

    def number(self, value: float, decimals: int = 0) -> str:
        """Write a number."""
        return f"{value:.{decimals}f}".replace(".", self.decimal)
