"""The outer loop: meta-training as a job that can be resumed."""
