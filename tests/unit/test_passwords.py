from argon2 import PasswordHasher

from tocsin.kernel.passwords import hash_password, needs_rehash, verify_password


async def test_a_password_fits_only_itself():
    stored = await hash_password("correct horse")
    assert stored.startswith("$argon2id$")
    assert stored != await hash_password("correct horse")
    assert await verify_password(stored, "correct horse")
    assert not await verify_password(stored, "correct hors")


async def test_no_account_and_damaged_hashes_are_false():
    assert not await verify_password(None, "nobody has this password")
    assert not await verify_password("not a hash", "correct horse")


async def test_the_same_characters_from_another_keyboard_fit():
    assert await verify_password(await hash_password("caf\u00e9"), "cafe\u0301")


def test_weaker_hashes_ask_for_a_new_one():
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
    assert not needs_rehash(PasswordHasher().hash("x"))
