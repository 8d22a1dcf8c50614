"""Pictures as files: SVG drawn from the same values as the terminal's, and HTML, PNG and text made of them."""
