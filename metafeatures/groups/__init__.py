"""Groups of meta-features: each module holds its entries and the function that computes them."""
