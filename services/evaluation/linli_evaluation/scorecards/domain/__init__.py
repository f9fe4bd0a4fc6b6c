"""Scoring, pure: from counts to points, scores, grades and ranks."""
