"""How the tables of the contact store came to be: numbered steps of its own, run by `Book.upgrade`."""
