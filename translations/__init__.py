"""Words, and nothing but words: interface texts and instrument wording, per language and reading level.

Holds no code and imports nothing. The door is the folder itself: `instruments.wording` reads
`<language>/wording/`, `survey.web` reads `<language>/LC_MESSAGES/`. How the files are written, and how a
language is added, stands in README.md.
"""
