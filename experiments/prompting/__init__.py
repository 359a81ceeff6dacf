"""Which prompting answers best? Searched on the dev questions within a budget, and confirmed on questions that did not choose.

Knows nothing of what a prompting is made of, nor of who answers.
"""
