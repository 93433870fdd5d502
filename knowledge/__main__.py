"""``python -m knowledge``: make a knowledge base from a folder of tables."""

from knowledge.command import app

if __name__ == "__main__":
    app()
