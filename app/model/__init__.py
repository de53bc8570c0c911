"""The words that every vendor shares. Imports nothing else of ours."""
