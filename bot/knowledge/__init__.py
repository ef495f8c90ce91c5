"""What a tenant knows: articles that people approved, found again in the words in which leads ask."""
