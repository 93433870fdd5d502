"""Mass tuning: the plan, the processes that evaluate, the log of outcomes and its merge into a pack."""
