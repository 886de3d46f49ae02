"""What the bot is measured against: libraries in a virtual environment of their own, which these modules run in."""
