"""What do the words say? Arabic of every dialect, English and Arabizi, without a model and without a network."""
