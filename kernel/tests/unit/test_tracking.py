import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_kernel.tracking import ALPHABET, digest_of, digest_of_nobody, new_code, normalise


def test_a_code_has_a_hundred_bits_in_groups_that_can_be_read_out():
    code = new_code()
    groups = code.split("-")
    assert [len(group) for group in groups] == [4] * 5
    assert set("".join(groups)) <= set(ALPHABET)
    assert len(ALPHABET) == len(set(ALPHABET)) == 32  # 20 symbols of 5 bits
    assert len({new_code() for _ in range(1000)}) == 1000


@given(st.text(ALPHABET, min_size=20, max_size=20), st.randoms())
def test_a_code_is_found_however_it_is_typed(symbols, random):
    def typed(symbol):
        alike = {"0": "0Oo０Ｏ", "1": "1ILil１"}.get(symbol, symbol)
        return random.choice([random.choice(alike).lower(), random.choice(alike)]) + random.choice(
            ["", "-", " ", "－"]
        )

    assert digest_of("".join(map(typed, symbols))) == digest_of(symbols)


@pytest.mark.parametrize("code", ["", "----", "不是代码", "X" * 500])
def test_what_is_no_code_has_a_digest_that_no_request_has(code):
    assert digest_of(code) != digest_of(new_code())


def test_codes_that_differ_stay_different():
    assert normalise("7K3M-Q0XA") != normalise("7K3M-Q0XB")


def test_history_gets_a_digest_without_a_code():
    assert len(digest_of_nobody()) == 64
    assert digest_of_nobody() != digest_of_nobody()
