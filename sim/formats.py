"""How numbers are printed: counts, shares, money."""

from __future__ import annotations


def format_count(number: float, decimals: int = 0) -> str:
    """1,234,567."""
    return _signed_zero_free(f"{number:,.{decimals}f}")


def format_share(share: float, decimals: int = 1) -> str:
    """12.3%."""
    return _signed_zero_free(f"{share * 100:.{decimals}f}") + "%"


def format_money(cents: float, currency: str = "", decimals: int | None = None) -> str:
    """An amount given in hundredths: 1,234 CNY from a thousand on, 12.34 CNY below."""
    amount = cents / 100
    places = decimals if decimals is not None else (0 if abs(amount) >= 1000 else 2)
    return f"{_signed_zero_free(f'{amount:,.{places}f}')} {currency}".rstrip()


def _signed_zero_free(text: str) -> str:
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text
