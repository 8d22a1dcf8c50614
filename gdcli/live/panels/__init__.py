"""The pictures of the playground, each drawn on an area of a page."""
