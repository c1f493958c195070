"""Referral: users invite others, both are rewarded, and who brought whom is kept."""
