"""Help: what a command's page shows first, its examples, and manual pages; the options' own words stand elsewhere."""
