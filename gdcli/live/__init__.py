"""The playground: one training stream on a screen, stepped, run, rewound and raced by keys. Needs Textual."""
