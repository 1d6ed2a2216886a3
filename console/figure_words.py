"""The words of the pages of figures: Dutch stands in the templates, English beside it here."""

CODES = {
    "counts": ("tellingen", "counts"),
    "travel-times": ("reistijden", "travel times"),
    "flows": ("stromen", "flows"),
    "speeds": ("snelheden", "speeds"),
    "compliance": ("naleving", "compliance"),
}

ENGLISH = {
    "De laatste vijf minuten die getoond worden": "The latest five minutes that are told",
    "Geef het sitebestand een traject: [[sections]].": "Give the site file a section:"
    " [[sections]].",
    "Geen traject": "No section",
    "Seconden, per uur": "Seconds, by hour",
    "Vijf minuten met minder dan {} voertuigen worden niet getoond.": "Five minutes with fewer than"
    " {} vehicles are not told.",
    "Wat deels verborgen is, wordt niet vergeleken; flow_hours = 24 verbergt minder.": "What is"
    " told in part is not compared; flow_hours = 24 hides less.",
    "met platen die enkel op elkaar lijken": "by plates that only look alike",
    "niet getoond": "not told",
    "Aandeel": "Share",
    "Aandeel vrachtwagens": "Share of trucks",
    "Alle camera's samen": "All cameras together",
    "Als bestand": "As a file",
    "Als tabel": "As a table",
    "Binnen en buiten": "In and out",
    "Binnen en buiten, per uur": "In and out, by the hour",
    "Cijfer": "Figure",
    "Dag": "Day",
    "Dagen": "Days",
    "Doorgaand verkeer": "Through traffic",
    "Een gewone dag": "A usual day",
    "Een gewone week": "A usual week",
    (
        "Elke tabel verschijnt één keer, als er niets laats meer kan bijkomen, en blijft "
        "zoals ze was. Minder dan {} voertuigen worden niet genoemd, noch wat ze zou "
        "verraden."
    ): (
        "Each table appears once, when nothing late can come any more, and stays as it was. "
        "Fewer than {} vehicles are not told, nor what would give them away."
    ),
    "Geef camera's in het sitebestand een richting: in of out.": (
        "Give cameras in the site file a direction: in or out."
    ),
    "Geen cijfers in deze periode": "No figures in this period",
    (
        "Geen enkele camera was in deze periode uitgevallen of onverklaard stil."
    ): "No camera was down or silent without a cause in this period.",
    "Geen grens": "No border",
    "Geen schatting in deze periode": "No estimate in this period",
    "Gepubliceerd": "Published",
    (
        "Geschat uit wie de andere camera's van dezelfde lijn zagen; tussen haakjes het "
        "interval van 95 %."
    ): (
        "Estimated from whom the other cameras of the same line saw; in brackets the interval"
        " of 95 %."
    ),
    ("Hoe breder, hoe meer voertuigen; heen en terug zijn uit elkaar getekend."): (
        "The broader, the more vehicles; the ways there and back are drawn apart."
    ),
    "Kies een andere periode of camera.": "Choose another period or camera.",
    "Laatste": "Latest",
    "Leest juist": "Reads right",
    "Lijn": "Line",
    "Meetpunt": "Gate",
    ("Minder dan {} voertuigen per uur worden niet getoond, noch wat ze zou verraden."): (
        "Fewer than {} vehicles an hour are not shown, nor what would give them away."
    ),
    "Na": "After",
    "Na: vanaf": "After: from",
    "Naleving in zones": "Compliance in zones",
    (
        "Neem hele weken: een week met een feestdag of een camera die uitviel, verandert meer"
        " dan een maatregel."
    ): ("Take whole weeks: a holiday or a camera that was down changes more than a measure does."),
    "Op de kaart": "On the map",
    (
        "Noem in het sitebestand onder [[lines]] camera's die hetzelfde verkeer na elkaar passeert."
    ): "Name under [[lines]] in the site file cameras that the same traffic passes in turn.",
    "Open data": "Open data",
    (
        "Publiceren gebeurt met [statistics] publish in het sitebestand, of met anpr "
        "statistics … --publish."
    ): ("Publish with [statistics] publish in the site file, or with anpr statistics … --publish."),
    "Rijen: vandaan. Kolommen: naartoe.": "Rows: from. Columns: to.",
    "Snelheid": "Speed",
    "Snelheid en soort": "Speed and class",
    "Stromen": "Flows",
    "Stromen over de grens": "Flows over the border",
    "Tabel": "Table",
    "Tabellen": "Tables",
    "Toegelaten": "Allowed",
    "Toon": "Show",
    "Tot en met": "Up to and including",
    "Uur": "Hour",
    "Van waar naar waar": "From where to where",
    "Vandaag": "Today",
    "Vanzelf": "By itself",
    "Vergelijk": "Compare",
    "Vergelijken": "Compare",
    "Verloop": "Course",
    "Verschil": "Change",
    "Voertuigen per uur van de dag": "Vehicles by hour of the day",
    "Voertuigen per uur, gemiddeld": "Vehicles an hour, on average",
    "Voertuigen van bekende soort": "Vehicles of known class",
    "Voertuigen, geschat": "Vehicles, estimated",
    "Voor": "Before",
    "Voor en na": "Before and after",
    "Voor: vanaf": "Before: from",
    "Vrachtwagens": "Trucks",
    "Wanneer camera's niets zagen": "When cameras saw nothing",
    "Wat camera's zien": "What cameras see",
    "Wat veranderde": "What changed",
    "Ziet": "Sees",
    (
        "Zonder platen. Minder dan {} voertuigen per uur worden niet getoond (·), noch wat ze"
        " zou verraden; ≥ telt enkel wat getoond mag worden. Ritten over middernacht tellen "
        "als twee."
    ): (
        "Without plates. Fewer than {} vehicles an hour are not shown (·), nor what would "
        "give them away; ≥ adds up only what may be shown. Journeys over midnight count as "
        "two."
    ),
    "aandeel": "share",
    "di": "Tue",
    "do": "Thu",
    "gemeten": "measured",
    "gemiddeld": "mean",
    "gemiddeld over het traject": "mean over the section",
    "hoogste": "highest",
    "in de zone": "inside",
    "ja": "yes",
    "kwamen binnen": "came in",
    "ma": "Mon",
    "mediaan": "median",
    "meetpunten": "measurement sites",
    "metingen": "measured data",
    "na": "after",
    "nee": "no",
    "per dag": "a day",
    "reden buiten": "left",
    "stilte die geen toeval is": "a silence that is no chance",
    "uitgevallen": "down",
    "uren niet volledig getoond": "hours not fully shown",
    "van wie binnenkwam reed enkel door": "of who came in only drove through",
    "verschil": "difference",
    "voertuigen": "vehicles",
    "voor": "before",
    "vr": "Fri",
    "werkdag": "working day",
    "wo": "Wed",
    "za": "Sat",
    "zaterdag": "Saturday",
    "zo": "Sun",
    "zondag": "Sunday",
}
