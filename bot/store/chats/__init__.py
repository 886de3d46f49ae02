"""Chats and the people in them: what they are, what links them, and what was offered and asked there."""
