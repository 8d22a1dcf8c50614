"""The lecture: its chapters, questions, words, and checks of a student's own work."""
