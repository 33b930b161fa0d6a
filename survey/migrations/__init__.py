"""How the tables came to be, one numbered step each; run by `Database.upgrade()`."""
