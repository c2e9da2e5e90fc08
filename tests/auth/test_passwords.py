"""Passwords are hashed by argon2, bcrypt hashes still work, and weak ones are refused with a sentence."""

import bcrypt
import pytest

from adminboard.auth.passwords import (
    PasswordTooWeak,
    check_password_rules,
    hash_password,
    is_password_hash,
    verify_password,
)
from tests.auth.staff import PASSWORD, password_hash

BCRYPT_HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


def test_the_right_password_matches_its_hash_and_a_wrong_one_does_not() -> None:
    assert verify_password(PASSWORD, password_hash()).matches
    assert not verify_password(f"{PASSWORD}!", password_hash()).matches


def test_two_hashes_of_one_password_differ() -> None:
    assert hash_password(PASSWORD) != password_hash()


def test_a_bcrypt_hash_is_read_and_marked_to_be_replaced() -> None:
    verdict = verify_password(PASSWORD, BCRYPT_HASH)

    assert verdict.matches
    assert verdict.outdated


def test_a_wrong_password_for_a_bcrypt_hash_does_not_match() -> None:
    assert not verify_password("something else", BCRYPT_HASH).matches


@pytest.mark.parametrize("password", ["", "x" * 300, "null\0byte in it", "\ud800 half a character"])
def test_no_odd_password_matches_or_fails(password: str) -> None:
    assert not verify_password(password, password_hash()).matches
    assert not verify_password(password, BCRYPT_HASH).matches
    assert not verify_password(password, None, bcrypt_cost=4).matches


def test_no_password_opens_an_account_that_has_none() -> None:
    assert not verify_password("nobody has this password", None, bcrypt_cost=4).matches


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "A password needs at least 12 characters; this one has 5."),
        ("y" * 257, "A password has at most 256 characters; this one has 257."),
        ("aaaaaaaaaaaaaaaa", "Use at least 5 different characters."),
        ("Robin@Example.com", "A password cannot be the e-mail address of its account."),
        ("with a null \0 inside", "This password has characters that cannot be typed. Type it anew."),
        ("half a character \ud800", "This password has characters that cannot be typed. Type it anew."),
    ],
)
def test_a_weak_password_is_refused_with_its_sentence(password: str, sentence: str) -> None:
    with pytest.raises(PasswordTooWeak) as refused:
        check_password_rules(password, "robin@example.com", field="new_password")

    assert refused.value.detail == sentence
    assert [error.field for error in refused.value.errors] == ["new_password"]


def test_a_long_sentence_is_a_good_password() -> None:
    check_password_rules("my cat sleeps on the ledger", "robin@example.com")


@pytest.mark.parametrize(
    ("text", "is_hash"), [("secret", False), ("$argon2id$nonsense", False), ("$2b$", False)]
)
def test_what_is_no_hash_is_told_apart(text: str, is_hash: bool) -> None:
    assert is_password_hash(text) is is_hash


def test_argon2_and_bcrypt_hashes_are_told_to_be_hashes() -> None:
    assert is_password_hash(password_hash())
    assert is_password_hash(BCRYPT_HASH)
