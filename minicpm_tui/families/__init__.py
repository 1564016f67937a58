"""What is true of each model family: budgets, sampling, stop tokens, and what is computed from them."""
