"""The playground in a browser: where it listens, what it answers, and one process for each page that is open."""
