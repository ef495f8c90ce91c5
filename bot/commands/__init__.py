"""The command line: one file for each family of verbs, over the same rooms as the API and the pages."""
