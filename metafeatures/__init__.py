"""From a dataset to its meta-features and its task embedding."""
