import re
import time

from tocsin.kernel.ids import new_id, new_key, room_name, slug12


def test_ids_are_version_7_and_rise():
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {(each.version, each.variant) for each in ids[:100]} == {(7, "specified in RFC 4122")}


def test_an_id_tells_when_it_was_made():
    before = time.time_ns() // 1_000_000
    milliseconds = new_id().int >> 80
    assert before <= milliseconds <= time.time_ns() // 1_000_000 + 5


def test_random_names_have_their_shape_and_do_not_repeat():
    for make, shape in (
        (new_key, r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        (slug12, r"[0-9a-z]{12}"),
        (room_name, r"tocsin-[0-9a-z]{24}"),
    ):
        made = {make() for _ in range(500)}
        assert len(made) == 500
        assert all(re.fullmatch(shape, each) for each in made)
