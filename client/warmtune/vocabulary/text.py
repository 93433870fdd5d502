"""What counts as text."""


def is_unicode(text: str) -> bool:
    """Whether a text has no half characters (lone surrogates), which nothing can send."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
