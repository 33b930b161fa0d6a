"""How the contact store came to be: steps of its own (see `survey.migrations`), run by `Book`."""
