"""Files that contacts sent, fetched from where providers keep them: the only addresses that we did not choose."""
