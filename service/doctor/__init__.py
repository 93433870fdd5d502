"""`warmtune doctor`: what is wrong, or will be, before the service fails."""
