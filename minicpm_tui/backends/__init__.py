"""What streams a reply to a list of messages: a server, or a recording."""
