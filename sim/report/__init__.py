"""Answers of the analysis → tables, JSON and charts; computes nothing."""
