from anpr.events import VehicleClass
from ocr.sensors import Facts, facts
from tests.ocr.makers import meta


def kind_of(*classes: str | None) -> VehicleClass | None:
    vehicle = facts([meta(vehicle=one) for one in classes]).vehicle
    return vehicle.class_ if vehicle else None


def test_the_majority_of_classes_wins() -> None:
    assert kind_of("truck", "car", None, "truck") is VehicleClass.TRUCK


def test_a_tie_of_classes_is_no_class() -> None:
    assert kind_of("truck", "car") is None


def test_no_witness_knows_nothing() -> None:
    assert facts([]) == Facts()


def test_numbers_are_the_median() -> None:
    metas = [meta().model_copy(update={"speed_kmh": speed}) for speed in (50.0, 52.0, 90.0)]
    assert facts(metas).speed_kmh == 52.0
