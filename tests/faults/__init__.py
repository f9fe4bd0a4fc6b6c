"""What the platform promises while things break: each fault is injected for real, and a checker
counts what is left.
"""
