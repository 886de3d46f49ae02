"""The demo page: its templates, its look, its script, and its words in every language it speaks."""
