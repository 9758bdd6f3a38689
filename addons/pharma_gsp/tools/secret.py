"""A cipher for single fields such as ID card numbers (FA-44), over Fernet.

``key`` is one Fernet key or several separated by commas: the first one encrypts, all
decrypt. To rotate, put a new key in front, `rotate` the stored tokens, drop the old.

>>> key = new_key()
>>> decrypt(encrypt("11010519491231002X", key), key)
'11010519491231002X'
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SecretError(ValueError):
    """The key is unusable or doesn't fit the token. Never holds either of them."""


def new_key() -> str:
    return Fernet.generate_key().decode()


def _cipher(key: str) -> MultiFernet:
    keys = [part.strip() for part in (key or "").split(",") if part.strip()]
    try:
        return MultiFernet([Fernet(part) for part in keys])
    except ValueError:
        # Cut the chain: the cause may quote the key.
        raise SecretError("not a field key") from None


def encrypt(text: str, key: str) -> str:
    """A token that only this key opens; two calls never give the same one."""
    cipher = _cipher(key)
    try:
        return cipher.encrypt(text.encode()).decode()
    except UnicodeEncodeError:
        raise SecretError("not encodable as text") from None


def decrypt(token: str, key: str) -> str:
    """The text inside ``token``."""
    cipher = _cipher(key)
    try:
        return cipher.decrypt(token.encode()).decode()
    except (InvalidToken, UnicodeError):
        raise SecretError("the field key does not open this") from None


def rotate(token: str, key: str) -> str:
    """The same secret under the first of the keys."""
    cipher = _cipher(key)
    try:
        return cipher.rotate(token.encode()).decode()
    except (InvalidToken, UnicodeError):
        raise SecretError("the field key does not open this") from None
