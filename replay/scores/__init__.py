"""Scores of public benchmarks, for their own data and for labelled recordings: the rules of each in a file of its own."""
