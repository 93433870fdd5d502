"""A check of whether work is still wanted, which finds that it isn't after a number of looks."""


class Countdown:
    """Finds the work wanted a number of times.

    Attributes:
        n_looks: How often it was asked.
    """

    def __init__(self, n_wanted: float, error: Exception) -> None:
        """Begin.

        Args:
            n_wanted: How often the work is wanted.
            error: Raised afterwards.
        """
        self.n_looks = 0
        self._n_wanted = n_wanted
        self._error = error

    def __call__(self) -> None:
        """Look once."""
        self.n_looks += 1
        if self.n_looks > self._n_wanted:
            raise self._error
