"""Imports of whole histories: a file comes in, a child process reads it, a job keeps what it found."""
