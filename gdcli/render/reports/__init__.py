"""What each command shows: columns, summaries, pictures."""
