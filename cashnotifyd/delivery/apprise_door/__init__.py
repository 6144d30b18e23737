"""The only door to Apprise: what a channel's URL means, and one attempt to send one message to one recipient.

::

    urls ─▶ one Target a recipient ─▶ send: texts that fit ─▶ the plugin ─▶ what the service answered ─▶ an Outcome

Apprise's plugins are used without its dispatcher. The dispatcher sends from a pool of threads that all channels share,
repeats a partial failure to the recipients that already have the message, and answers nothing but yes or no.
"""
