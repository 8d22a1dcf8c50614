"""Completion: what a shell offers for a line that is being typed, from an index of names: no command is loaded.

`index.tsv` has each command's options and arguments, each sample's columns; `python tests/test_completion.py` writes it
anew. A shell's script (`gdcli.bash`, `gdcli.zsh`, `gdcli.fish`) runs the program with the shell's name in
`_GDCLI_COMPLETE`, and it answers with candidates, one a line.
"""
