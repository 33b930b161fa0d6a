"""Post: links and reminders by mail or text, to people who agreed to that, at moments that are safe for them.

A message holds neutral words and a link; no name, no code, nothing about what is asked. It waits in a queue
in the study's database, which says for whom, never to where: the address is looked up in the contact store
when the message goes, and is kept nowhere else. The link is made at that moment too.

A run that is stopped loses nothing: what was not sent yet is sent by the next one. What was being sent at
that very moment is not sent twice; nobody knows whether it arrived, and the desk says so.

May import the other rooms of survey but `web` and `cli`.

    tables      the queue
    queue       putting messages in it, within what the study allows itself
    reminding   who is to be reminded today
    carriers    a mail server, a gateway for texts
    sending     everything that may go now
"""
