"""The keyring: only the right key, for the right context, reads an unchanged token."""

from __future__ import annotations

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_chassis.storage.crypto import CryptoError, Keyring, Tampered, UnknownKey

OLD, NEW = os.urandom(32), os.urandom(32)


@given(st.text(), st.text())
def test_what_was_encrypted_is_read_again(plain: str, context: str) -> None:
    keyring = Keyring({"k": OLD})
    assert keyring.decrypt(keyring.encrypt(plain, context), context) == plain


def test_a_new_key_encrypts_and_the_old_one_still_reads() -> None:
    token = Keyring({"old": OLD}).encrypt("张三", "request")
    both = Keyring({"new": NEW, "old": OLD})
    assert both.decrypt(token, "request") == "张三"
    assert both.encrypt("张三", "request").startswith("new:")


def test_a_token_of_a_key_that_is_gone_is_recognised() -> None:
    token = Keyring({"old": OLD}).encrypt("张三", "request")
    with pytest.raises(UnknownKey, match="'old'"):
        Keyring({"new": NEW}).decrypt(token, "request")


def test_a_token_copied_to_another_context_is_refused() -> None:
    keyring = Keyring({"k": OLD})
    with pytest.raises(Tampered):
        keyring.decrypt(keyring.encrypt("张三", "request 1"), "request 2")


@given(st.data())
def test_a_changed_token_is_refused(data: st.DataObject) -> None:
    keyring = Keyring({"k": OLD})
    token = keyring.encrypt("words", "c")
    sealed = bytearray(base64.urlsafe_b64decode(token[2:]))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Tampered):
        keyring.decrypt("k:" + base64.urlsafe_b64encode(sealed).decode(), "c")


@given(st.text())
def test_any_text_is_either_a_token_or_a_clear_error(text: str) -> None:
    with pytest.raises(CryptoError):
        Keyring({"k": OLD}).decrypt(text, "c")


def test_the_same_words_never_give_the_same_token() -> None:
    keyring = Keyring({"k": OLD})
    assert len({keyring.encrypt("same", "c") for _ in range(100)}) == 100


def test_keys_are_read_from_their_setting_and_never_shown() -> None:
    encoded = base64.b64encode(OLD).decode()
    keyring = Keyring.parse(f"2026a:{encoded}, 2025b:{base64.urlsafe_b64encode(NEW).decode()}")
    assert keyring.current == "2026a"
    assert repr(keyring) == "Keyring(2026a, 2025b)"


@pytest.mark.parametrize(
    "text",
    ["", "nokey", "k:", "k:AAAA", "k:!!!!", "a b:AAAA", "k:" + "A" * 43 + "=,k:" + "A" * 43 + "="],
)
def test_keys_that_cannot_be_used_are_refused_without_quoting_them(text: str) -> None:
    with pytest.raises(ValueError, match="key") as caught:
        Keyring.parse(text)
    assert "AAAA" not in str(caught.value)


def test_bytes_are_sealed_with_the_id_of_their_key_and_opened_for_their_context_only():
    plain = bytes(range(256))
    sealed = Keyring({"old": OLD}).encrypt_bytes(plain, "file 1")
    assert sealed.startswith(b"old:")
    keyring = Keyring({"new": NEW, "old": OLD})
    assert keyring.decrypt_bytes(sealed, "file 1") == plain
    for other in (sealed[:-1], sealed[:-1] + b"x", b"old:", sealed.replace(b"old", b"new")):
        with pytest.raises(Tampered):
            keyring.decrypt_bytes(other, "file 1")
    with pytest.raises(Tampered):
        keyring.decrypt_bytes(sealed, "file 2")
    with pytest.raises(UnknownKey):
        keyring.decrypt_bytes(b"\xff" + sealed, "file 1")
