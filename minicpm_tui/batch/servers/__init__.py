"""Answers from OpenAI-compatible servers, one or several, as many at once as they bear."""
