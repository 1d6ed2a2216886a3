"""Whether cases can be packed and delivered: a key that signs, and who opens the originals."""

from collections.abc import Iterator

from pipeline.doctor.findings import Finding, Patient, warning, well
from pipeline.wiring import KEYS
from sinks.evidence.keys import IDENTITY, KeyRing
from sinks.evidence.packing import outside_signer


def signing(patient: Patient) -> Iterator[Finding]:
    """Check that a key signs evidence, where the site can make cases."""
    site = patient.site
    if site is None or not (site.sections or site.locks or site.zones):
        return
    folder = patient.settings.data / KEYS
    ring = KeyRing(folder)
    outside = outside_signer(site.evidence, patient.secret)
    if outside is not None:
        ring.may_sign(outside)
        yield well("signing", f"a key outside signs ({outside.algorithm})")
    elif ring.trust.active is None:
        yield warning("signing", "no key signs evidence packages", "Run `anpr keys create`.")
    else:
        yield well("signing", f"key {ring.trust.active.id} signs ({ring.signer().algorithm})")
    if ring.holder is None and site.evidence.holder is None:
        told = "nobody is named who opens the original pictures: packages hold their hashes alone"
        yield warning("signing", told, "Run `anpr keys create`, or write [evidence] holder.")
    elif (folder / IDENTITY).exists():
        told = f"{folder / IDENTITY} opens the original pictures, and lies on this machine"
        yield warning("signing", told, "Move it to a safe.")
