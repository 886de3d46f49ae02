"""The outbox: deliveries, their lanes and parts, how they are claimed and how they end."""
