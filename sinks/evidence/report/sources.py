"""The sources of the shipped law in Dutch and French; a zone's own are printed as it wrote them."""

from collections.abc import Mapping
from types import MappingProxyType

_SOURCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "6 km/h up to 100, 6 % above; no further threshold on section controls since 2022 "
        "(vrt.be, 10 April 2022); rounding down reproduces the published examples": (
            (
                "technische marge: 6 km/h tot 100 km/h, daarboven 6 %; sinds 2022 geen bijkomende "
                "drempel bij trajectcontrole (vrt.be, 10 april 2022); naar beneden afgerond zoals "
                "in de gepubliceerde voorbeelden"
            ),
            (
                "marge technique : 6 km/h jusqu'à 100 km/h, 6 % au-delà ; plus de seuil "
                "supplémentaire pour les contrôles de trajet depuis 2022 (vrt.be, 10 avril 2022) ; "
                "arrondi vers le bas comme dans les exemples publiés"
            ),
        ),
        "immediate collection: wegcode.be, verkeersovertredingen, snelheidsovertredingen; amounts "
        "of 2017": (
            (
                "onmiddellijke inning: wegcode.be, verkeersovertredingen, snelheidsovertredingen; "
                "bedragen van 2017"
            ),
            (
                "perception immédiate : wegcode.be, verkeersovertredingen, snelheidsovertredingen "
                "; montants de 2017"
            ),
        ),
        "GAS 5: art. 29quater of the Act of 16 March 1968": (
            "GAS 5: art. 29quater van de wet van 16 maart 1968",
            "SAC 5 : art. 29quater de la loi du 16 mars 1968",
        ),
    }
)


def source_in(language: str, source: str) -> str:
    """Say a source of law in a language."""
    known = _SOURCES.get(source)
    return source if known is None or language == "en" else known[language == "fr"]
