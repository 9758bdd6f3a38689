import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_gsp.tools import secret

OLD, NEW = secret.new_key(), secret.new_key()
NUMBER = "11010519491231002X"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_goes_in_comes_out(text):
    assert secret.decrypt(secret.encrypt(text, OLD), OLD) == text


def test_a_token_neither_shows_the_text_nor_repeats():
    first, second = (secret.encrypt(NUMBER, OLD) for _ in range(2))
    assert NUMBER not in first
    assert first != second


def test_keys_rotate():
    token = secret.encrypt(NUMBER, OLD)
    both = f"{NEW}, {OLD}\n"
    assert secret.decrypt(token, both) == NUMBER
    rotated = secret.rotate(token, both)
    assert secret.decrypt(rotated, NEW) == NUMBER
    assert secret.decrypt(secret.encrypt(NUMBER, both), NEW) == NUMBER


@pytest.mark.parametrize("work", [secret.decrypt, secret.rotate])
@pytest.mark.parametrize(
    "token",
    [
        pytest.param(secret.encrypt(NUMBER, NEW), id="other key"),
        pytest.param(secret.encrypt(NUMBER, OLD)[:-9], id="cut"),
        pytest.param(NUMBER, id="never encrypted"),
        pytest.param("", id="empty"),
        pytest.param("令牌😀", id="not ASCII"),
        pytest.param("\ud800", id="lone surrogate"),
    ],
)
def test_a_wrong_token_is_a_secret_error(work, token):
    with pytest.raises(secret.SecretError):
        work(token, OLD)


@pytest.mark.parametrize("key", ["", ",", None, "short", "钥匙", f"{OLD},short"])
def test_a_wrong_key_is_a_secret_error_that_tells_nothing(key):
    for work in (secret.encrypt, secret.decrypt, secret.rotate):
        with pytest.raises(secret.SecretError) as caught:
            work(NUMBER, key)
        assert caught.value.__suppress_context__
        assert OLD not in str(caught.value)


def test_unencodable_text_is_a_secret_error():
    with pytest.raises(secret.SecretError):
        secret.encrypt("\ud800", OLD)


@given(st.text())
def test_arbitrary_tokens_raise_nothing_but_secret_errors(token):
    with pytest.raises(secret.SecretError):
        secret.decrypt(token, OLD)
