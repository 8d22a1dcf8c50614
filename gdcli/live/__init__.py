"""The playground: one training stream on a screen, stepped, run, rewound and raced by keys. Needs Textual."""

import os

os.environ.setdefault("TEXTUAL_FPS", "120")  # repaints a second, for one of which a key waits; read at its import
