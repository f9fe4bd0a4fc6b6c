import hashlib

import pytest
from linli_service_desk.domain.tracking import digest_of


@pytest.mark.parametrize("typed", ["7K3M-Q0XA", "7k3m q0xa", "7K3MQOXA", "７Ｋ３Ｍ-q0xa", " 7K3M—Q0XA "])
def test_a_code_is_one_however_it_is_typed(typed):
    assert digest_of(typed) == hashlib.sha256(b"7K3MQ0XA").hexdigest()


def test_i_and_l_are_read_as_one():
    assert digest_of("iL1") == digest_of("111")
